"""Options that the auditor's commands share, and how results are printed."""

import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class Lang(StrEnum):
    """Languages of what people read."""

    es = "es"
    en = "en"


PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        help="Trust policy (tlog-policy). Default: trust.policy beside what is verified; get yours from the network.",
        show_default=False,
    ),
]
SeenOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--seen",
        help="A checkpoint of this ledger from elsewhere (a witness, another entity), or a receipt's .tlog-proof: "
        "the ledger must extend it. Repeatable.",
    ),
]
CounterpartOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--counterpart",
        help="Export of another entity's ledger, with its trust.policy: the steps of referrals between the two must be "
        "the same. Repeatable.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on standard output.")]
LangOption = Annotated[Lang, typer.Option("--lang", help="Language of the report.", envvar="REDPACT_LANG")]


def emit(document: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print a result, as one JSON document or as text for people."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else text)


def own_policy_warning(lang: Lang) -> str:
    """Return what a person must know when the policy came with what it vouches for."""
    if lang is Lang.es:
        return (
            "! La clave de confianza venía en la misma carpeta: compárela con la del directorio de la red (--policy)."
        )
    return "! The trusted key came in the same folder: compare it with the network directory's (--policy)."
