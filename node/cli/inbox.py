"""``redpact-node inbox list|done``: what waits for a professional's attention at this entity."""

from typing import Annotated

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_("Asuntos pendientes de atender: derivaciones, respuestas, avisos y consentimientos."),
    )
    for add in (_register_list, _register_done):
        add(group)
    app.add_typer(group, name="inbox")


def _register_list(group: typer.Typer) -> None:
    @group.command(
        name="list", help=_("Muestra los asuntos pendientes en este momento, del más antiguo al más reciente.")
    )
    def list_items(
        home: HomeOption,
        with_done: Annotated[bool, typer.Option("--all", help=_("Muestra también los asuntos ya atendidos."))] = False,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """List what waits, the oldest first, as of now."""
        from node.inbox.items import AttentionList
        from node.inbox.report import items_document, items_text
        from node.inbox.sweep import sweep

        node = open_node(home)
        sweep(node.context)
        with node.context.snapshot() as session:
            items = AttentionList(session).list(with_done=with_done)
        emit(items_document(items), items_text(items, lang=lang), as_json=as_json)


def _register_done(group: typer.Typer) -> None:
    @group.command(help=_("Anota que un asunto ya se ha atendido."))
    def done(
        home: HomeOption,
        number: Annotated[int, typer.Argument(help=_("Número del asunto; véase: inbox list."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Note that somebody has dealt with an item."""
        from node.inbox.items import AttentionList
        from node.inbox.report import done_text, item_document

        node = open_node(home)
        with node.context.transaction() as session:
            item = AttentionList(session).done(number, node.context.clock.now())
        emit(item_document(item), done_text(item, lang=lang), as_json=as_json)
