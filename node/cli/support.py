"""``redpact-node support``: the people and bodies that act for a person or beside them, and under which measure."""

from typing import TYPE_CHECKING, Annotated

import typer

from node.cli.arguments import DocumentOption, read_document, split_names
from node.cli.options import HomeOption, JsonOption, LangOption, emit, open_node
from node.cli.professional import ProfessionalOption, ReasonOption, note_record_read, read_day, reader
from presentation.messages import _

if TYPE_CHECKING:
    from datetime import date

    from node.support.model import Support
    from policies.birth import Birth

SupportArgument = Annotated[
    str, typer.Argument(metavar=_("MEDIDA"), help=_("Identificador de la medida; véase: support list."))
]
SupporterOption = Annotated[
    str,
    typer.Option(
        "--supporter-document", help=_("DNI, NIE, NIF o pasaporte de quien apoya; de una entidad pública, su NIF.")
    ),
]
SupporterNameOption = Annotated[
    str, typer.Option("--supporter-name", help=_("Nombre de quien apoya, o de la entidad pública."))
]
SupporterBirthOption = Annotated[
    str,
    typer.Option(
        "--supporter-birth-date", help=_("Fecha de nacimiento de quien apoya; no la lleva una entidad pública.")
    ),
]
EmancipatedOption = Annotated[
    bool, typer.Option("--emancipated", help=_("Quien apoya es menor de edad y está emancipado (CC 239 y ss.)."))
]
SupportRelationOption = Annotated[
    str,
    typer.Option(
        "--relation",
        help=_("Código de guardian_relation: parent, guardian, public_entity, curator, de_facto, attorney, defender."),
    ),
]
MeasureOption = Annotated[
    str, typer.Option("--measure", help=_("Código de support_measure; de menores de edad, parental."))
]
ScopeOption = Annotated[
    list[str] | None,
    typer.Option("--scope", help=_("Actos a los que alcanza: everything, personal_data, health, economic, residence.")),
]
SinceOption = Annotated[str, typer.Option("--since", help=_("Primer día (AAAA-MM-DD); por defecto, hoy."))]
LastDayOption = Annotated[str, typer.Option("--until", help=_("Último día (AAAA-MM-DD), si se conoce."))]
ReferenceOption = Annotated[
    str, typer.Option("--reference", help=_("Resolución judicial o administrativa, o escritura, que la acredita."))
]


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True,
        help=_("Medidas de apoyo y representación de las personas: añadir, mostrar, terminar, y sus reglas."),
    )
    for add in (_register_add, _register_list, _register_end, _register_rules):
        add(group)
    app.add_typer(group, name="support")


def _register_add(group: typer.Typer) -> None:
    @group.command(
        name="add",
        help=_(
            "Registra quién actúa por una persona o con ella, con su documento, su edad y la resolución que lo "
            "acredita.\n\nMientras la medida esté en vigor, solo esa persona o entidad puede actuar con ella."
        ),
    )
    def add_support(
        *,
        home: HomeOption,
        document: DocumentOption,
        relation: SupportRelationOption,
        supporter_document: SupporterOption,
        supporter_name: SupporterNameOption,
        supporter_birth_date: SupporterBirthOption = "",
        emancipated: EmancipatedOption = False,
        measure: MeasureOption = "parental",
        scope: ScopeOption = None,
        since: SinceOption = "",
        until: LastDayOption = "",
        reference: ReferenceOption = "",
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Record a supporter of a person, with the measure under which they act."""
        from node.support.documents import supporter_document as checked
        from node.support.model import Supporter, SupportTerms
        from node.support.supports import SupportInput, Supports

        context, whose = open_node(home).context, read_document(document)
        today = note_record_read(context, whose, reader(professional, reason))
        birth = _birth(supporter_birth_date, relation)
        supporter = Supporter(checked(supporter_document, relation), supporter_name, birth, emancipated)
        scopes = split_names(scope) or ("everything",)
        terms = SupportTerms(relation, measure, scopes, read_day(since) or today, read_day(until), reference)
        _show(Supports(context).add(SupportInput(whose, supporter, terms)), today, lang, as_json=as_json)


def _register_list(group: typer.Typer) -> None:
    @group.command(name="list", help=_("Muestra las medidas de apoyo que constan de una persona."))
    def list_support(
        *,
        home: HomeOption,
        document: DocumentOption,
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Show the support measures of a person."""
        from node.support.report import support_document, supports_text
        from node.support.supports import Supports

        context, whose = open_node(home).context, read_document(document)
        today = note_record_read(context, whose, reader(professional, reason))
        found = Supports(context).list(whose)
        shown = {"support": [support_document(each, today) for each in found]}
        emit(shown, supports_text(found, today, lang), as_json=as_json)


def _register_end(group: typer.Typer) -> None:
    @group.command(name="end", help=_("Anota el último día de una medida de apoyo; lo anterior se conserva."))
    def end_support(
        *,
        home: HomeOption,
        document: DocumentOption,
        support_id: SupportArgument,
        until: LastDayOption = "",
        professional: ProfessionalOption = "",
        reason: ReasonOption = "",
        lang: LangOption = "es",
        as_json: JsonOption = False,
    ) -> None:
        """Note the last day of a support measure."""
        from node.support.supports import Supports

        context, whose = open_node(home).context, read_document(document)
        today = note_record_read(context, whose, reader(professional, reason))
        _show(Supports(context).end(whose, support_id, read_day(until)), today, lang, as_json=as_json)


def _register_rules(group: typer.Typer) -> None:
    @group.command(
        name="rules", help=_("Muestra las reglas sobre quién actúa por una persona o con ella, con sus artículos.")
    )
    def rules(*, lang: LangOption = "es", as_json: JsonOption = False) -> None:
        """Show the rules of who acts for a person or beside them, with their articles."""
        from node.support.report import rules_document, rules_text
        from policies.support import load_support_rules

        known = load_support_rules()
        document = rules_document(known.rules, known.version)
        emit(document, rules_text(document, known.rules, lang), as_json=as_json)


def _show(support: "Support", today: "date", lang: str, *, as_json: bool) -> None:
    from node.support.report import support_document, supports_text

    emit(support_document(support, today), supports_text([support], today, lang), as_json=as_json)


def _birth(text: str, relation: str) -> "Birth | None":
    """Return the birth of a supporter; None of a public body.

    Raises:
        SupportInvalid: it is missing.
        RecordInvalid: it is no birth date.
    """
    from node.people.birth_cells import read_birth_date
    from node.support.documents import PUBLIC_ENTITY
    from node.support.errors import SupportInvalid
    from policies.birth import AgeBasis, Birth

    if text:
        return Birth(read_birth_date(text), AgeBasis.DOCUMENT)
    if relation == PUBLIC_ENTITY:
        return None
    raise SupportInvalid(
        _("falta la fecha de nacimiento de quien apoya"), remedy=_("indíquela con --supporter-birth-date")
    )
