"""``redpact-node inbox list|done``: matters for a professional of this entity."""

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
        """List the pending items, the oldest first, as of now."""
        from node.consents.report import due_reason_label
        from node.inbox.items import Inbox, ItemKind
        from node.inbox.report import items_document, items_text

        node = open_node(home)
        node.inbox_sweep.run()
        with node.context.snapshot() as session:
            items = Inbox(session).list(with_done=with_done)
        labels = {str(ItemKind.CONSENT_DUE): due_reason_label}
        text = items_text(items, labels, node.context.entity_names(), lang=lang)
        emit(items_document(items), text, as_json=as_json)


def _register_done(group: typer.Typer) -> None:
    @group.command(help=_("Anota que un asunto ya se ha atendido."))
    def done(
        home: HomeOption,
        number: Annotated[int, typer.Argument(metavar=_("NÚMERO"), help=_("Número del asunto; véase: inbox list."))],
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Note that an item was dealt with."""
        from node.inbox.items import Inbox
        from node.inbox.report import done_text, item_document

        node = open_node(home)
        with node.context.transaction() as session:
            item = Inbox(session).done(number, node.context.clock.now())
        emit(item_document(item), done_text(item, lang=lang), as_json=as_json)
