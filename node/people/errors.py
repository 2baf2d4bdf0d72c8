"""Errors of the people and social records held at a node. `RecordsError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class RecordsError(RedpactError):
    """Root of the errors of `node.people`."""

    code = "records_error"


class DocumentInvalid(RecordsError):
    """Text that is no DNI, NIE, passport or linkage code, or whose check symbol is wrong."""

    code = "document_invalid"
    kind = ErrorKind.USAGE
    sentence = _("El documento de identidad no es válido. Revise los números y la letra.")


class CardExists(RecordsError):
    """An existing file at the path of a new linkage card; overwriting it could lose another person's code."""

    code = "card_exists"
    kind = ErrorKind.USAGE
    sentence = _("Ya existe un fichero con ese nombre y podría ser la tarjeta de otra persona. Elija otro nombre.")


class PersonUnknown(RecordsError):
    """A person without a record at this node, or erased from it."""

    code = "person_unknown"
    kind = ErrorKind.USAGE
    sentence = _("Esta entidad no tiene ficha de esa persona. Revise el documento o dé de alta a la persona.")


class PersonDeceased(RecordsError):
    """Something is asked for of a person who has died."""

    code = "person_deceased"
    sentence = _("Consta que la persona ha fallecido: no se dan consentimientos ni se consultan datos de ella.")


class PersonUnassigned(RecordsError):
    """Two records were split, and what came while they were merged has not been put right."""

    code = "person_unassigned"
    sentence = _(
        "Esta ficha se separó de otra, y nadie ha aclarado aún de quién es lo que se anotó mientras estaban unidas."
    )


class DocumentTaken(RecordsError):
    """A person is to get a document under which this entity holds, or held, somebody else."""

    code = "document_taken"
    sentence = _(
        "Con ese documento consta aquí otra persona. Si es la misma, una las fichas; si no, compruebe el documento."
    )


class RecordInvalid(RecordsError):
    """A person's data that do not fit the field catalogue."""

    code = "record_invalid"
    kind = ErrorKind.USAGE
    sentence = _("Los datos de la persona no se ajustan al catálogo de campos. Corrija el valor indicado.")


class ImportFileUnreadable(RecordsError):
    """A file that is not of the documented format."""

    code = "import_file_unreadable"
    kind = ErrorKind.USAGE
    sentence = _("El fichero no se puede leer como fichero de fichas. No se ha importado nada.")


class ImportRejected(RecordsError):
    """A file with invalid rows; nothing was imported."""

    code = "import_rejected"
    kind = ErrorKind.USAGE
    sentence = _("Hay filas con errores: no se ha importado nada. Corrija las filas indicadas y repita la importación.")


class MappingInvalid(RecordsError):
    """A mapping of own columns and codes that does not fit the format."""

    code = "mapping_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La correspondencia de columnas y códigos no es válida. No se ha guardado.")


class MappingUnknown(RecordsError):
    """A mapping that is not kept here."""

    code = "mapping_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No hay ninguna correspondencia con ese nombre.")


class ExportFailed(RecordsError):
    """A file that cannot be written."""

    code = "export_failed"
    kind = ErrorKind.USAGE
    sentence = _("No se puede escribir el fichero. Revise la ruta y el espacio libre.")


class PopulationRequestInvalid(RecordsError):
    """A request for a fictitious population with an unknown province or an excessive size."""

    code = "population_request_invalid"
    kind = ErrorKind.USAGE
    sentence = _("No se puede generar la población pedida. Revise la provincia y el número de personas.")


class ImportRunning(RecordsError):
    """A change of records while a file is imported, or an import is undone, or after one was interrupted."""

    code = "import_running"
    kind = ErrorKind.UNREACHABLE
    sentence = _("Se está importando un fichero de fichas. Espere a que termine.")


class ImportOvertaken(RecordsError):
    """The file, or the records that it was compared with, changed while it was imported; nothing was imported."""

    code = "import_overtaken"
    kind = ErrorKind.REFUSED
    sentence = _("El fichero o las fichas cambiaron durante la importación. No se ha importado nada: repítala.")


class ImportUnknown(RecordsError):
    """An import that the journal does not have."""

    code = "import_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No consta esa importación. Consulte la lista de importaciones.")


class ImportNotUndoable(RecordsError):
    """An import that is undone already, or whose time for undoing is over."""

    code = "import_not_undoable"
    kind = ErrorKind.USAGE
    sentence = _("Esa importación ya no se puede deshacer.")
