"""``redpact-node records doubts``."""

import typer

from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ListReasonOption, ProfessionalOption, professional_reference
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command(
        help=_(
            "Muestra las entidades que quizá hablan de otra persona con el mismo documento: tienen otra fecha de "
            "nacimiento u otro sexo. No se les comparte nada hasta que alguien lo decide."
        )
    )
    def doubts(
        *,
        home: HomeOption,
        professional: ProfessionalOption = "",
        reason: ListReasonOption = "data_protection",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the entities that may speak of another person, with this entity's own side."""
        from node.care.reading import read_many
        from node.doubts.decisions import count_doubts, shown_doubts
        from node.doubts.report import doubts_document, doubts_text
        from policies.record_readings import RecordPart

        context, who = open_node(home).context, professional_reference(professional)
        if count := count_doubts(context):
            read_many(context, who, RecordPart.DOUBTS, reason=reason, people=count)
        found = shown_doubts(context)
        emit(doubts_document(found), doubts_text(found, context.entity_names(), lang=lang), as_json=as_json)
