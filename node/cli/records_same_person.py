"""``redpact-node records same-person``."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``records``."""

    @group.command(
        "same-person",
        help=_(
            "Anota si otra entidad habla de la misma persona, después de hablar con ella. Si es otra, con --other, no "
            "se le comparte nada de esta. Queda anotado quién lo decidió."
        ),
    )
    def same_person(
        *,
        home: HomeOption,
        document: DocumentOption,
        entity: Annotated[
            str, typer.Option("--entity", metavar=_("ENTIDAD"), help=_("La otra entidad; véase: records doubts."))
        ],
        other: Annotated[bool, typer.Option("--other", help=_("Es otra persona con el mismo documento."))] = False,
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record whether another entity speaks of the same person."""
        from node.doubts.decisions import decide_doubt
        from node.doubts.report import decided_text, doubt_document

        context, parsed = open_node(home).context, read_document(document)
        decided = decide_doubt(context, parsed, entity, professional_reference(professional), same=not other)
        emit(doubt_document(decided), decided_text(decided, context.entity_names(), lang=lang), as_json=as_json)
