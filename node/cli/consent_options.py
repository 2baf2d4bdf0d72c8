"""Options that several commands on consents share: purposes, recipients, fields, holders, validity, notice."""

from typing import Annotated

import typer

from presentation.messages import _

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
