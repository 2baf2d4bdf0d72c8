"""``redpact-node person document``."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``person``."""

    @group.command(
        name="document",
        help=_(
            "Anota que una persona tiene otro documento, después de verlo: de NIE a DNI, de código de enlace a NIE, "
            "un pasaporte renovado.\n\nConsentimientos, derivaciones, tarjetas y caso siguen, y el documento anterior "
            "sigue llevando a su ficha. Con --correction el anterior no era suyo, y deja de llevar a ella."
        ),
    )
    def change_document_of(
        *,
        home: HomeOption,
        document: DocumentOption,
        new: Annotated[
            str, typer.Option("--new", metavar=_("DOCUMENTO"), help=_("El documento que tiene desde ahora."))
        ],
        correction: Annotated[
            bool, typer.Option("--correction", help=_("El documento anterior nunca fue suyo."))
        ] = False,
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record that a person has another document."""
        from node.people.documents import parse_document
        from node.person_changes.documents import change_document
        from node.person_changes.report import changed_document, changed_text

        context, parsed, who = open_node(home).context, read_document(document), professional_reference(professional)
        done = change_document(context, parsed, parse_document(new), who, correction=correction)
        emit(changed_document(done), changed_text(done, context.entity_names(), lang=lang), as_json=as_json)
