"""Errors of training at the node. `TrainingError` is the root."""

from policies.errors import ErrorKind, RedpactError


class TrainingError(RedpactError):
    """Root of the errors of `node.training` and `node.risk`."""

    code = "training_error"


class DatasetUnknown(TrainingError):
    """No data set of this name is registered, or the node has no records to train on."""

    code = "dataset_unknown"
    kind = ErrorKind.USAGE
    es = "No hay datos registrados con ese nombre. Regístrelos con «redpact-node training register-table»."


class DatasetConflict(TrainingError):
    """A data set registered again with other content, or the same content under another name."""

    code = "dataset_conflict"
    kind = ErrorKind.USAGE
    es = "Los datos ya están registrados con otro nombre o contenido: su presupuesto de privacidad no se reinicia."


class DatasetDamaged(TrainingError):
    """The registered file is missing or is no longer the one that was registered."""

    code = "dataset_damaged"
    kind = ErrorKind.DAMAGED
    es = "El fichero registrado falta o ha cambiado. Restaure el fichero original o regístrelo con otro nombre."


class ManifestUnknown(TrainingError):
    """The coordinator lists no such campaign for this entity."""

    code = "manifest_unknown"
    kind = ErrorKind.USAGE
    es = "No hay ninguna campaña con ese identificador para esta entidad. Consulte «redpact-node training list»."


class ReleaseMissing(TrainingError):
    """No released model is known to this node."""

    code = "release_missing"
    kind = ErrorKind.USAGE
    es = "Todavía no hay ningún modelo publicado. Espere a que termine la campaña de entrenamiento."


class EvaluationImpossible(TrainingError):
    """The data held here cannot be evaluated: too few people, or only one outcome among them."""

    code = "evaluation_impossible"
    kind = ErrorKind.USAGE
    es = "No se puede evaluar con estos datos: hacen falta personas con y sin el resultado."


class SecretUnreadable(TrainingError):
    """A secret of training that cannot be opened: another data key, or altered bytes."""

    code = "training_secret_unreadable"
    kind = ErrorKind.DAMAGED
    es = "No se puede abrir un secreto del entrenamiento. Restaure las claves y la base de datos de una misma copia."


class MonthInvalid(TrainingError):
    """A text that is no month."""

    code = "month_invalid"
    kind = ErrorKind.USAGE
    es = "El mes no es válido. Escríbalo como año y mes, por ejemplo 2019-01."
