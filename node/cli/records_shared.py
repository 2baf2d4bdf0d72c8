"""``redpact-node records shared``."""

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, professional_reference
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command(
        help=_(
            "Muestra de nuevo, sin volver a preguntar, lo que otras entidades compartieron sobre una persona en "
            "los últimos días.\n\nLas copias guardadas están cifradas, se borran al cumplir su plazo y también "
            "cuando la persona retira el consentimiento. Si quien consulta no está en el equipo del caso, consta "
            "como apertura del caso."
        )
    )
    def shared(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the cached copies of what other entities shared about a person in the last days."""
        from node.care.cached_copies import copies_for
        from node.care.questions import ProfessionalInput
        from node.fetch.cached_copies_report import shared_document, shared_text

        node = open_node(home)
        given = ProfessionalInput(professional_reference(professional), reason=reason)
        copies = copies_for(node.context, read_document(document), given)
        text = shared_text(copies, node.context.entity_names(), lang=lang)
        emit(shared_document(copies), text, as_json=as_json)
