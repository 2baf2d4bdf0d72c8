"""``redpact-node case``: teams, openings, actions, and the views of a case over what several entities share."""

from typing import Annotated

import typer

from node.cli import case_action, case_team, case_views
from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, professional_reference
from presentation.messages import _


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True, help=_("Casos: equipo, apertura, acciones, coordinación y valoración conjunta.")
    )
    case_team.register(group)
    _register_open(group)
    case_action.register(group)
    case_views.register(group)
    app.add_typer(group, name="case")


def _register_open(group: typer.Typer) -> None:
    @group.command(
        name="open",
        help=_(
            "Abre durante doce horas el caso de una persona a una profesional que no está en su equipo; la "
            "apertura queda registrada."
        ),
    )
    def open_case(
        *,
        home: HomeOption,
        document: DocumentOption,
        reason: Annotated[
            str, typer.Option("--reason", help=_("Motivo de la apertura; consulte: redpact-node vocabulary openings."))
        ],
        professional: ProfessionalOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Open a person's case for a professional outside its team, on record and for twelve hours."""
        from node.care.access import CaseRegister
        from node.care.report import opened_text, opening_document

        opening = CaseRegister(open_node(home).context).open(
            read_document(document), professional_reference(professional), reason
        )
        emit(opening_document(opening), opened_text(opening, lang), as_json=as_json)
