"""``redpact-node case grid``, ``assessment`` and ``overlaps``: views of one case over several entities."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import DocumentOption, read_document, split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, professional_reference
from presentation.harmless import harmless
from presentation.messages import _
from presentation.terminal import fitted

if TYPE_CHECKING:
    from node.care.view_sources import CaseView
    from node.people.documents import Document

PurposeOption = Annotated[str, typer.Option("--purpose", help=_("Finalidad; véase: redpact-node vocabulary purposes."))]
HoldersOption = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        help=_(
            "Entidades a las que se pregunta: ENT[,ENT]; puede repetirse. Si no se indica ninguna, las que "
            "señale el localizador."
        ),
    ),
]
RoleOption = Annotated[
    str,
    typer.Option(
        "--role",
        help=_("Función de quien pregunta; por defecto, la que tiene en el equipo o la habitual en esta entidad."),
    ),
]


@dataclass(frozen=True, slots=True)
class _Asked:
    """The arguments that all views take."""

    home: Path
    document: "Document"
    purpose: str
    holders: list[str] | None
    professional: str
    reason: str
    role: str


def register(group: typer.Typer) -> None:
    """Add the commands to the group ``case``."""
    for add in (_register_grid, _register_assessment, _register_overlaps):
        add(group)


def _asked_view(asked: _Asked, fields: Sequence[str]) -> "CaseView":
    from node.care.questions import ProfessionalInput, case_question
    from node.care.view_sources import gather, located_holders
    from node.people.lookup import PersonLookup
    from policies.errors import error_text

    node = open_node(asked.home)
    asker = ProfessionalInput(professional_reference(asked.professional), asked.role, asked.reason)
    lookup = PersonLookup(asked.document)
    question = case_question(node.context, lookup, asked.purpose, asker, fields=fields)
    holders, unlocated = split_names(asked.holders), None
    if not holders:
        holders, unlocated = located_holders(node.locating, lookup, asked.purpose)
    if unlocated is not None:
        typer.echo(harmless(fitted(error_text(unlocated))), err=True)
    return gather(node.context, node.asking, lookup, question, holders or None)


def _register_grid(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra quién hace qué en el caso de una persona y hasta cuándo, en esta entidad y en las que "
            "comparten esa información.\n\nTermina con 0 si alguna entidad muestra algo; si no, igual que fetch."
        )
    )
    def grid(
        *,
        home: HomeOption,
        document: DocumentOption,
        purpose: PurposeOption = "coordination",
        holders: HoldersOption = None,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        role: RoleOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the actions in a person's case, at this entity and at others that share them."""
        from node.care.coordination_grid import FIELD, grid_document, grid_text

        asked = _Asked(home, read_document(document), purpose, holders, professional, reason, role)
        view = _asked_view(asked, [FIELD])
        emit(grid_document(view), grid_text(view, lang=lang), as_json=as_json)
        raise typer.Exit(view.exit_code)


def _register_assessment(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra los diagnósticos de varias entidades lado a lado, cada uno con su propio consentimiento, y "
            "marca las diferencias.\n\nTermina con 0 si alguna entidad muestra algo; si no, igual que fetch."
        )
    )
    def assessment(
        *,
        home: HomeOption,
        document: DocumentOption,
        purpose: PurposeOption = "coordination",
        holders: HoldersOption = None,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        role: RoleOption = "",
        html: Annotated[
            Path | None,
            typer.Option("--html", help=_("Escribe también una página HTML que solo puede leer su propietario.")),
        ] = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the diagnoses of several entities side by side, each under its own consent, with the differences."""
        from node.care.assessment import FIELDS, assessment_document
        from node.care.assessment_page import write_assessment_page
        from node.care.assessment_text import assessment_text

        person = read_document(document)
        view = _asked_view(_Asked(home, person, purpose, holders, professional, reason, role), FIELDS)
        if html is not None:
            write_assessment_page(html, view, person, lang=lang)
        shown = {**assessment_document(view), "html": str(html) if html else None}
        text = assessment_text(view, lang=lang) + (f"\n✓ {html}" if html else "")
        emit(shown, text, as_json=as_json)
        raise typer.Exit(view.exit_code)


def _register_overlaps(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Señala las prestaciones que dos entidades dan a la vez y las necesidades valoradas que ninguna "
            "entidad atiende.\n\nTermina con 0 si alguna entidad muestra algo; si no, igual que fetch."
        )
    )
    def overlaps(
        *,
        home: HomeOption,
        document: DocumentOption,
        purpose: PurposeOption = "coordination",
        holders: HoldersOption = None,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        role: RoleOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show provisions that two entities give at once, and assessed needs without any provision."""
        from node.care.overlaps_report import FIELDS, overlaps_document, overlaps_text

        asked = _Asked(home, read_document(document), purpose, holders, professional, reason, role)
        view = _asked_view(asked, FIELDS)
        emit(overlaps_document(view), overlaps_text(view, lang=lang), as_json=as_json)
        raise typer.Exit(view.exit_code)
