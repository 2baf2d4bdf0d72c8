"""``redpact-node person deceased``."""

from typing import Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference, read_day
from presentation.messages import _


def register(group: typer.Typer) -> None:
    """Add the command to the group ``person``."""

    @group.command(
        help=_(
            "Anota que una persona ha fallecido. Terminan sus consentimientos y sus derivaciones abiertas, y se avisa "
            "a quien recibió datos. No se borra nada."
        )
    )
    def deceased(
        *,
        home: HomeOption,
        document: DocumentOption,
        date: Annotated[str, typer.Option("--date", metavar=_("AAAA-MM-DD"), help=_("Día del fallecimiento."))],
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record that a person has died."""
        from node.person_changes.death import record_death
        from node.person_changes.errors import PersonChangeInvalid
        from node.person_changes.report import changed_document, changed_text

        died_on = read_day(date)
        if died_on is None:
            raise PersonChangeInvalid(_("falta la fecha del fallecimiento"), remedy=_("indíquela en --date"))
        node, parsed, who = open_node(home), read_document(document), professional_reference(professional)
        done = record_death(node.context, node.consent_changes, parsed, died_on, who)
        emit(changed_document(done), changed_text(done, node.context.entity_names(), lang=lang), as_json=as_json)
