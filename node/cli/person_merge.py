"""``redpact-node person merge``."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``person``."""

    @group.command(
        help=_(
            "Anota que dos fichas son de una misma persona: con los documentos de ambas se llega a la primera.\n\nNada "
            "se mueve ni se mezcla: cada consentimiento vale para la ficha para la que se dio, y un no vale para las "
            "dos. Se deshace con person split."
        )
    )
    def merge(
        *,
        home: HomeOption,
        document: DocumentOption,
        other: Annotated[
            str, typer.Option("--with", metavar=_("DOCUMENTO"), help=_("Documento de la otra ficha de la persona."))
        ],
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record that two records are of one person."""
        from node.people.documents import parse_document
        from node.person_changes.merging import merge_people
        from node.person_changes.report import changed_document, changed_text

        context, parsed, who = open_node(home).context, read_document(document), professional_reference(professional)
        done = merge_people(context, parsed, parse_document(other), who)
        emit(changed_document(done), changed_text(done, context.entity_names(), lang=lang), as_json=as_json)
