"""``redpact-node pseudonym-key holders|require``: the key holders of the network, for the data-protection officer."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

if TYPE_CHECKING:
    from node.context import NodeContext


def register(group: typer.Typer) -> None:
    """Add the commands to the group."""
    _holders(group)
    _require(group)


def _holders(group: typer.Typer) -> None:
    @group.command(help=_("Muestra qué entidades guardan las claves de cada época, y si este nodo la usa."))
    def holders(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Show which entities hold the keys of each epoch, and whether this node uses it."""
        _show(open_node(home).context, lang, as_json=as_json)


def _require(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Usa solo épocas en las que estas entidades guarden una clave. Sustituye a las exigidas y vistas antes; lo "
            "decide la DPD y queda en el registro."
        )
    )
    def require(
        home: HomeOption,
        entities: Annotated[
            list[str] | None, typer.Argument(metavar=_("ENTIDAD..."), help=_("Identificadores de las entidades."))
        ] = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Use only epochs in which these entities hold a key; the ledger notes it."""
        from node.locator.key_holders import KeyHolders

        context = open_node(home).context
        KeyHolders(context).require(entities or [])
        _show(context, lang, as_json=as_json)


def _show(context: "NodeContext", lang: str, *, as_json: bool) -> None:
    from node.locator.key_holders_report import key_holders_state, key_holders_text

    with context.snapshot() as session:
        state = key_holders_state(context, session)
    emit(state, key_holders_text(state, lang), as_json=as_json)
