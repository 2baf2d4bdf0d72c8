"""Options that the auditor's commands share, and the printing of results."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from presentation.harmless import harmless, json_text
from presentation.messages import _, speaking
from presentation.terminal import fitted, paragraph


class Lang(StrEnum):
    """The languages of reports."""

    es = "es"
    en = "en"


PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        help=_(
            "Política de confianza (tlog-policy). Por defecto, trust.policy en la carpeta que se comprueba; "
            "pida la suya a la red."
        ),
        show_default=False,
    ),
]
SeenOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--seen",
        help=_(
            "Punto de control de este registro obtenido en otra parte (de un testigo o de otra entidad), o "
            "el .tlog-proof de un justificante: el registro debe ser su continuación. Puede repetirse."
        ),
    ),
]
CounterpartOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--counterpart",
        help=_(
            "Exportación del registro de otra entidad, con su trust.policy: los pasos de las derivaciones "
            "entre ambas deben coincidir. Puede repetirse."
        ),
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help=_("Escribe un único documento JSON en la salida estándar."))]
LangOption = Annotated[Lang, typer.Option("--lang", help=_("Idioma del informe."), envvar="REDPACT_LANG")]


def emit(document: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print a result, as one JSON document or as text for people, which fits their terminal."""
    typer.echo(json_text(document) if as_json else harmless(fitted(text)))


def own_policy_warning(lang: str) -> str:
    """Return the warning that the trusted key came together with the ledger that it is to verify."""
    say = speaking(lang)
    return paragraph(
        say("! La clave de confianza venía en la misma carpeta: compárela con la del directorio de la red (--policy)."),
        hanging=2,
    )
