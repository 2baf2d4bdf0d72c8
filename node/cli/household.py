"""``redpact-node household``: the people who live together, with their roles and dates."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import DocumentOption, read_document
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, note_record_read, read_day, reader
from presentation.messages import _

if TYPE_CHECKING:
    pass

HouseholdOption = Annotated[
    str, typer.Option("--household", help=_("Referencia propia de la entidad para la unidad de convivencia."))
]
RoleOption = Annotated[
    str, typer.Option("--role", help=_("Papel en el hogar: holder, partner, child, relative, other."))
]
SinceOption = Annotated[str, typer.Option("--since", help=_("Primer día (AAAA-MM-DD); por defecto, hoy."))]
LastDayOption = Annotated[str, typer.Option("--until", help=_("Último día (AAAA-MM-DD); por defecto, hoy."))]
TypeOption = Annotated[str, typer.Option("--type", help=_("Tipo de un hogar nuevo: un código de household_type."))]
MoveOption = Annotated[bool, typer.Option("--move", help=_("La persona deja el hogar en el que vivía."))]
CustodyOption = Annotated[
    bool, typer.Option("--shared-custody", help=_("Un menor vive en los dos hogares por custodia compartida."))
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_("Unidades de convivencia y sus miembros: entrar, salir, y ver quién vive en cada una."),
    )
    for add in (_register_join, _register_leave, _register_list, _register_show):
        add(group)
    app.add_typer(group, name="household")


def _register_join(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Anota que una persona vive en un hogar; si nadie lo tiene aún, empieza con ella.\n\nEl tamaño y los "
            "menores del hogar salen de sus miembros. Lo que se comparte son esos números, nunca quiénes son."
        )
    )
    def join(
        *,
        home: HomeOption,
        document: DocumentOption,
        household: HouseholdOption,
        role: RoleOption,
        since: SinceOption = "",
        kind: TypeOption = "",
        move: MoveOption = False,
        shared_custody: CustodyOption = False,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record that a person lives in a household."""
        from node.households.households import Households, JoinInput
        from node.households.report import place_document, places_text

        context, whose = open_node(home).context, read_document(document)
        today = note_record_read(context, whose, reader(professional, reason))
        given = JoinInput(whose, household, role, read_day(since), move, shared_custody, kind or None)
        place = Households(context).join(given)
        emit(place_document(place, today), places_text([place], today, lang), as_json=as_json)


def _register_leave(group: typer.Typer) -> None:
    @group.command(help=_("Anota el último día de una persona en un hogar; lo anterior se conserva."))
    def leave(
        *,
        home: HomeOption,
        document: DocumentOption,
        household: HouseholdOption,
        until: LastDayOption = "",
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record the last day of a person in a household."""
        from node.households.households import Households
        from node.households.report import place_document, places_text

        context, whose = open_node(home).context, read_document(document)
        today = note_record_read(context, whose, reader(professional, reason))
        place = Households(context).leave(whose, household, read_day(until))
        emit(place_document(place, today), places_text([place], today, lang), as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list", help=_("Muestra los hogares en los que vive y vivió una persona."))
    def list_places(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the households of a person."""
        from node.households.households import Households
        from node.households.report import place_document, places_text

        context, whose = open_node(home).context, read_document(document)
        today = note_record_read(context, whose, reader(professional, reason))
        places = Households(context).list(whose)
        shown = {"places": [place_document(place, today) for place in places]}
        emit(shown, places_text(places, today, lang), as_json=as_json)


def _register_show(group: typer.Typer) -> None:
    @group.command(
        help=_(
            "Muestra quién vive en un hogar, y los números anotados que no coinciden.\n\nQueda anotado en la ficha "
            "de cada miembro."
        )
    )
    def show(
        *,
        home: HomeOption,
        household: HouseholdOption,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the members of a household."""
        from node.care.reading import read_of_person
        from node.households.households import Households
        from node.households.report import household_document, household_text
        from node.people.store import people_store
        from policies.local_days import local_day
        from policies.record_readings import RecordPart

        context, given = open_node(home).context, reader(professional, reason)
        today = local_day(context.clock.now())
        view = Households(context).show(household)
        members = {place.person_ref for place in view.places}
        for member in sorted(members):
            read_of_person(context, given, RecordPart.RECORD, member)
        with context.snapshot() as session:
            people = people_store(context, session)
            names = {member: people.identity(member).name for member in members}
        document = household_document(view, names, today)
        emit(document, household_text(view, names, today, lang), as_json=as_json)
