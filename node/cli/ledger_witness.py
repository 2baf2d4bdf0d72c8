"""``redpact-node ledger witness | policy | seen``: cosignatures, trust policies and checkpoints of ledgers."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``ledger``."""
    group.command(
        help=_("Pide ahora las cofirmas del punto de control más reciente; «serve» lo hace solo tras cada anotación.")
    )(witness)
    group.command(
        help=_(
            "Muestra la política de confianza de un registro, según el directorio de este nodo: para "
            "redpact-audit --policy."
        )
    )(policy)
    group.command(
        help=_(
            "Muestra el punto de control más reciente que este nodo ha visto de otro registro: para redpact-audit "
            "verify --seen."
        )
    )(seen)


def witness(home: HomeOption, as_json: JsonOption = False, lang: LangOption = "es") -> None:
    """Ask for cosignatures of the newest checkpoint now; ``serve`` does the same after each entry."""
    from node.ledger.witnessing.report import round_report

    document, text = round_report(open_node(home).context, lang)
    emit(document, text, as_json=as_json)


def policy(
    home: HomeOption,
    entity: Annotated[
        str, typer.Argument(metavar=_("ENTIDAD"), help=_("Entidad cuyo registro se indica; por defecto, esta."))
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Print the trust policy for a ledger, by this node's own directory: for redpact-audit --policy."""
    from node.ledger.export import ledger_policy

    text = ledger_policy(open_node(home).context, entity)
    emit({"policy": text}, text.rstrip("\n"), as_json=as_json, verbatim=True)


def seen(
    home: HomeOption,
    entity: Annotated[str, typer.Argument(metavar=_("ENTIDAD"), help=_("Entidad a la que pertenece el registro."))],
    as_json: JsonOption = False,
) -> None:
    """Print the newest checkpoint of another ledger seen here: for redpact-audit verify --seen."""
    from node.ledger.export import seen_checkpoint

    note = seen_checkpoint(open_node(home).context, entity)
    emit({"checkpoint": note}, note.rstrip("\n"), as_json=as_json, verbatim=True)
