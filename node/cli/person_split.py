"""``redpact-node person split``."""

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``person``."""

    @group.command(
        help=_(
            "Separa una ficha de la otra a la que se unió por error; indique el documento de la ficha "
            "unida.\n\nCada una recupera lo que era suyo. No se comparte nada de ninguna hasta que se aclara "
            "lo anotado mientras estaban unidas: person assign."
        )
    )
    def split(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record that a record is not of the person into whose record it was merged."""
        from node.person_changes.merging import split_people
        from node.person_changes.report import changed_document, changed_text

        context, parsed = open_node(home).context, read_document(document)
        done = split_people(context, parsed, professional_reference(professional))
        emit(changed_document(done), changed_text(done, context.entity_names(), lang=lang), as_json=as_json)
