"""``redpact-node person assign``."""

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``person``."""

    @group.command(
        help=_(
            "Anota que ha revisado una ficha que se separó: lo que tiene es de su persona. Vuelve a valer lo "
            "que consintió."
        )
    )
    def assign(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record that a split record has been put right."""
        from node.person_changes.merging import assign_record
        from node.person_changes.report import changed_document, changed_text

        context, parsed = open_node(home).context, read_document(document)
        done = assign_record(context, parsed, professional_reference(professional))
        emit(changed_document(done), changed_text(done, context.entity_names(), lang=lang), as_json=as_json)
