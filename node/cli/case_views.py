"""``redpact-node case grid``, ``assessment`` and ``overlaps``: one case over what several entities share of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import DocumentOption, read_document, split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, who_asks
from presentation.messages import _

if TYPE_CHECKING:
    from node.care.view_sources import Gathered
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
    """What a view is asked with, whichever view it is."""

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


def _gathered(asked: _Asked, fields: Sequence[str]) -> "Gathered":
    from node.care.questions import Asker, case_question
    from node.care.view_sources import gather, located_holders
    from node.people.lookup import PersonLookup
    from policies.errors import error_text

    node = open_node(asked.home)
    asker = Asker(who_asks(asked.professional), asked.role, asked.reason)
    lookup = PersonLookup(asked.document)
    question = case_question(node.context, lookup, asked.purpose, asker, fields=fields)
    holders, unlocated = split_names(asked.holders), None
    if not holders:
        holders, unlocated = located_holders(node.locating, lookup, asked.purpose)
    if unlocated is not None:
        typer.echo(error_text(unlocated), err=True)
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
        """Show who does what in a person's case and until when, at this entity and at those that share it."""
        from node.care.coordination_grid import FIELD, grid_document, grid_text

        asked = _Asked(home, read_document(document), purpose, holders, professional, reason, role)
        gathered = _gathered(asked, [FIELD])
        emit(grid_document(gathered), grid_text(gathered, lang=lang), as_json=as_json)
        raise typer.Exit(gathered.exit_code)


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
        gathered = _gathered(_Asked(home, person, purpose, holders, professional, reason, role), FIELDS)
        if html is not None:
            write_assessment_page(html, gathered, person, lang=lang)
        shown = {**assessment_document(gathered), "html": str(html) if html else None}
        emit(shown, assessment_text(gathered, lang=lang) + (f"\n✓ {html}" if html else ""), as_json=as_json)
        raise typer.Exit(gathered.exit_code)


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
        """Point at provisions that two entities give at once, and at assessed needs that nobody answers."""
        from node.care.overlaps_report import FIELDS, overlaps_document, overlaps_text

        asked = _Asked(home, read_document(document), purpose, holders, professional, reason, role)
        gathered = _gathered(asked, FIELDS)
        emit(overlaps_document(gathered), overlaps_text(gathered, lang=lang), as_json=as_json)
        raise typer.Exit(gathered.exit_code)
