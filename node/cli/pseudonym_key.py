"""``redpact-node pseudonym-key serve|status|rotate|log``: the key of pseudonyms that this entity holds."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli import pseudonym_key_holders
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _

if TYPE_CHECKING:
    from node.wiring import Node


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_(
            "Las claves de los seudónimos: guardar una en esta entidad, para que el coordinador solo no pueda "
            "averiguar de quién es ninguno, y ver quién las guarda."
        ),
    )
    for add in (_serve, _status, _rotate, _log):
        add(group)
    pseudonym_key_holders.register(group)
    app.add_typer(group, name="pseudonym-key")


def _serve(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Hace una clave en este equipo y la ofrece al coordinador. Contesta con ella el nodo en marcha "
            "(redpact-node serve), desde que la Gerencia la incluye."
        )
    )
    def serve(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Make a key on this machine and offer it to the coordinator; the running node answers with it."""
        node = open_node(home)
        node.key_holding.serve()
        _show(node, lang, as_json=as_json)


def _status(group: typer.Typer) -> None:
    @group.command(help=_("Muestra la clave de esta entidad, cuánto la usa cada entidad y las alertas."))
    def status(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Show this entity's key, how much each entity uses it, and alarms."""
        _show(open_node(home), lang, as_json=as_json)


def _rotate(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Cambia la clave de esta entidad. La época siguiente empieza sola con la nueva; la de ahora sirve "
            "hasta que termine."
        )
    )
    def rotate(home: HomeOption, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Replace this entity's key. The next epoch begins with it; the present one serves until it ends."""
        node = open_node(home)
        node.key_holding.rotate()
        _show(node, lang, as_json=as_json)


def _log(group: typer.Typer) -> None:
    @group.command("log", help=_("Muestra las peticiones a la clave de esta entidad, como las firmó quien preguntó."))
    def show_log(
        home: HomeOption,
        entity: Annotated[
            str, typer.Option("--entity", metavar=_("ENTIDAD"), help=_("Solo las de esta entidad."))
        ] = "",
        days: Annotated[
            int, typer.Option("--days", metavar=_("DÍAS"), min=1, max=3650, help=_("Cuántos días atrás."))
        ] = 7,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the signed requests to the key of this entity."""
        from node.pseudonym_key.report import log_document, log_text

        context = open_node(home).context
        with context.snapshot() as session:
            queries = log_document(context, session, days=days, entity=entity)
        emit({"requests": [each.document() for each in queries]}, log_text(queries, lang), as_json=as_json)


def _show(node: "Node", lang: str, *, as_json: bool) -> None:
    from node.pseudonym_key.report import pseudonym_key_state, pseudonym_key_text

    with node.context.snapshot() as session:
        state = pseudonym_key_state(node.context, session)
    emit(state, pseudonym_key_text(state, lang), as_json=as_json)
