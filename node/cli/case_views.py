"""``redpact-node case grid``, ``assessment`` and ``overlaps``: one case over what several entities share of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import DocumentOption, read_document, split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, who_asks

if TYPE_CHECKING:
    from node.care.view_sources import Gathered
    from node.people.documents import Document

PurposeOption = Annotated[str, typer.Option("--purpose", help="What for; see: redpact-node vocabulary purposes.")]
HoldersOption = Annotated[
    list[str] | None,
    typer.Option("--from", help="Entities to ask: ENT[,ENT]; may be repeated. None: those whom the locator names."),
]
RoleOption = Annotated[str, typer.Option("--role", help="Role of who asks; that of the team, or the usual one here.")]


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
    from policies.errors import error_text

    node = open_node(asked.home)
    asker = Asker(who_asks(asked.professional), asked.role, asked.reason)
    question = case_question(node.context, asked.document, asked.purpose, asker, fields=fields)
    holders, unlocated = split_names(asked.holders), None
    if not holders:
        holders, unlocated = located_holders(node.locating, asked.document, asked.purpose)
    if unlocated is not None:
        typer.echo(error_text(unlocated), err=True)
    return gather(node.context, node.asking, asked.document, question, holders or None)


def _register_grid(group: typer.Typer) -> None:
    @group.command()
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
        """Show who does what in a person's case and until when, at this entity and at those that share it.

        Exits with 0 when some entity shows anything; otherwise as fetch does.
        """
        from node.care.coordination_grid import FIELD, grid_document, grid_text

        asked = _Asked(home, read_document(document), purpose, holders, professional, reason, role)
        gathered = _gathered(asked, [FIELD])
        emit(grid_document(gathered), grid_text(gathered, lang=lang), as_json=as_json)
        raise typer.Exit(gathered.exit_code)


def _register_assessment(group: typer.Typer) -> None:
    @group.command()
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
            Path | None, typer.Option("--html", help="Write it as an HTML page too, readable by its owner only.")
        ] = None,
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the diagnoses of several entities side by side, each under its own consent, with the differences.

        Exits with 0 when some entity shows anything; otherwise as fetch does.
        """
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
    @group.command()
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
        """Point at provisions that two entities give at once, and at assessed needs that nobody answers.

        Exits with 0 when some entity shows anything; otherwise as fetch does.
        """
        from node.care.overlaps_report import FIELDS, overlaps_document, overlaps_text

        asked = _Asked(home, read_document(document), purpose, holders, professional, reason, role)
        gathered = _gathered(asked, FIELDS)
        emit(overlaps_document(gathered), overlaps_text(gathered, lang=lang), as_json=as_json)
        raise typer.Exit(gathered.exit_code)
