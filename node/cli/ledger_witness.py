"""``redpact-node ledger witness | policy | seen``: what ties ledgers to more than their owners' word."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``ledger``."""
    for command in (witness, policy, seen):
        group.command()(command)


def witness(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
    """Have the newest checkpoint cosigned now; serve does the same by itself after each entry."""
    from node.ledger.witnessing.report import round_report

    document, text = round_report(open_node(home).context, lang)
    emit(document, text, as_json=as_json)


def policy(
    home: HomeOption,
    entity: Annotated[str, typer.Argument(help=_("Entidad cuyo registro se indica; por defecto, esta."))] = "",
    as_json: JsonOption = False,
) -> None:
    """Print the trust policy for a ledger, by this node's own directory: for redpact-audit --policy."""
    from node.ledger.export import ledger_policy

    text = ledger_policy(open_node(home).context, entity)
    emit({"policy": text}, text.rstrip("\n"), as_json=as_json)


def seen(
    home: HomeOption,
    entity: Annotated[str, typer.Argument(help=_("Entidad a la que pertenece el registro."))],
    as_json: JsonOption = False,
) -> None:
    """Print the newest checkpoint of another ledger seen here: for redpact-audit verify --seen."""
    from node.ledger.export import seen_checkpoint

    note = seen_checkpoint(open_node(home).context, entity)
    emit({"checkpoint": note}, note.rstrip("\n"), as_json=as_json)
