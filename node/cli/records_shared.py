"""``redpact-node records shared``."""

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, who_asks


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command()
    def shared(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show again, without asking, what other entities shared about a person in the last days.

        The copies are sealed, go when their time is over, and are deleted when the person withdraws. Whoever is not on
        the case's team opens it by looking.
        """
        from node.care.cached_copies import copies_for
        from node.care.questions import Asker
        from node.fetch.cached_copies_report import shared_document, shared_text

        node = open_node(home)
        asker = Asker(who_asks(professional), reason=reason)
        copies = copies_for(node.context, read_document(document), asker)
        directory = node.context.directory.newest()
        names = {party.id: party.name for party in directory.entities} if directory else {}
        emit(shared_document(copies), shared_text(copies, names, lang=lang), as_json=as_json)
