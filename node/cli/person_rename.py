"""``redpact-node person rename``."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``person``."""

    @group.command(help=_("Anota el nombre nuevo de una persona. Lo demás no cambia."))
    def rename(
        *,
        home: HomeOption,
        document: DocumentOption,
        name: Annotated[str, typer.Option("--name", metavar=_("NOMBRE"), help=_("Nombre y apellidos desde ahora."))],
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record a person's new name."""
        from node.person_changes.renaming import rename_person
        from node.person_changes.report import changed_document, changed_text

        context, parsed = open_node(home).context, read_document(document)
        done = rename_person(context, parsed, name, professional_reference(professional))
        emit(changed_document(done), changed_text(done, context.entity_names(), lang=lang), as_json=as_json)
