"""``redpact-node records shared``."""

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command()
    def shared(
        home: HomeOption, document: DocumentOption, lang: LangOption = "es", as_json: JsonOption = False
    ) -> None:
        """Show again, without asking, what other entities shared about a person in the last days.

        The copies are sealed, go when their time is over, and are deleted when the person withdraws.
        """
        from node.exchange.shared_report import shared_document, shared_text
        from node.exchange.travelling.received import shared_copies

        node = open_node(home)
        copies = shared_copies(node, read_document(document))
        names = {party.id: party.name for party in directory.entities} if (directory := node.directory.newest()) else {}
        emit(shared_document(copies), shared_text(copies, names, lang=lang), as_json=as_json)
