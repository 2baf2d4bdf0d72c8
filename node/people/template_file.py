"""The workbook in which an office writes people by hand: every column with its note, every list to choose from."""

from pathlib import Path

from node.people import csv_format as fmt
from node.people.errors import ExportFailed
from policies.catalogue import FieldType, load_catalogue
from presentation.messages import _, speaking
from service.errors import HomeUnusable
from service.files import write_private
from service.sheets.writing import WORKBOOK_SUFFIX, SheetColumn, workbook


def write_template(path: Path, lang: str) -> None:
    """Write the template to a new file.

    Raises:
        ExportFailed: the file exists, is no ``.xlsx``, or cannot be written.
    """
    if path.suffix.lower() != WORKBOOK_SUFFIX:
        raise ExportFailed(_("la plantilla es un libro de Excel"), remedy=_("dé un nombre que termine en .xlsx"))
    if path.exists():
        raise ExportFailed(_("ya existe {path}", path=path), remedy=_("elija otro nombre"))
    try:
        write_private(path, template_workbook(lang))
    except HomeUnusable as error:
        raise ExportFailed(error.message, remedy=_("compruebe la ruta y sus permisos")) from error


def template_workbook(lang: str) -> bytes:
    """Return the template as an Excel workbook in a language, without rows; `records import` reads it once filled."""
    say = speaking(lang)
    return workbook(say(_("Personas")), [_sheet_column(column, lang) for column in fmt.columns()], ())


def _sheet_column(column: fmt.Column, lang: str) -> SheetColumn:
    say = speaking(lang)
    name = {"es": column.es, "en": column.en}[lang]
    required = say(_("obligatoria")) + ". " if column.required else ""
    return SheetColumn(name, required + column.values.in_language(lang).replace("`", ""), _choices(column, lang))


def _choices(column: fmt.Column, lang: str) -> tuple[str, ...]:
    if column.name == fmt.FICTITIOUS or (column.spec and column.spec.type is FieldType.BOOL):
        return {"es": ("sí", "no"), "en": ("yes", "no")}[lang]
    if column.spec is None or column.spec.type is not FieldType.CODE or column.spec.codes is None:
        return ()
    codes = load_catalogue().codes.list(column.spec.codes).codes
    return tuple(f"{code.code} ({code.label(lang)})" for code in codes)
