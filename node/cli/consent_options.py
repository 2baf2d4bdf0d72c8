"""Options that several commands on consents share: purposes, recipients, fields, holders, validity, notice."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import read_document, split_names
from presentation.messages import _

if TYPE_CHECKING:
    from node.consents.consents import GrantInput

PurposeOption = Annotated[list[str], typer.Option("--purpose", help=_("Finalidad; puede repetirse."))]
RecipientOption = Annotated[
    list[str], typer.Option("--recipient", help=_("Entidad que puede pedir los datos; puede repetirse."))
]
FieldsOption = Annotated[
    list[str] | None,
    typer.Option("--fields", help=_("Campos o grupos de campos: a,b; si no se indica ninguno, el resumen mínimo.")),
]
DaysOption = Annotated[int, typer.Option("--valid-days", help=_("Días de vigencia desde ahora, de 1 a 1825."))]
HoldersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--holder",
        help=_("Otra entidad que también comparte sus datos con esta misma firma: ENT[,ENT]; puede repetirse."),
    ),
]
NoticeOption = Annotated[str, typer.Option("--notice-lang", help=_("Idioma del texto informativo que se mostró."))]


def asked_of(
    document: str,
    *,
    purposes: list[str],
    recipients: list[str],
    fields: list[str] | None,
    holders: list[str] | None = None,
    valid_days: int = 365,
    language: str,
) -> "GrantInput":
    """Return what a person is asked, as these options say it; nobody acts for them, and no proof is there yet.

    Raises:
        RedpactError: the document is none, or cannot be read.
    """
    from node.consents.consents import GrantInput

    return GrantInput(
        document=read_document(document),
        purposes=split_names(purposes),
        recipients=split_names(recipients),
        fields=split_names(fields),
        holders=split_names(holders),
        valid_days=valid_days,
        language=language,
    )
