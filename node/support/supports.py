"""Record the support measures of people, and say which are in force."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from node.context import NodeContext
from node.people.documents import Document
from node.people.store import people_store
from node.support.errors import SupportInvalid
from node.support.model import Support, Supporter, SupportTerms
from node.support.store import support_store
from policies.birth import Birth, Reached, undecided_remedy
from policies.codes import load_codes
from policies.local_days import local_day
from policies.support import MINORS, Stage, load_support_rules, stage_of
from presentation.messages import _

MAX_TEXT: Final = 200
MAX_MEASURES: Final = 50
"""Bound on the measures of one person, ended ones included."""


@dataclass(frozen=True, slots=True)
class SupportInput:
    """A measure as a command states it: the person's document, the supporter, the terms."""

    document: Document
    supporter: Supporter
    terms: SupportTerms


class Supports:
    """Adds, lists and ends the support measures of people."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    def add(self, given: SupportInput) -> Support:
        """Record a measure.

        Raises:
            PersonUnknown: nobody here has that document.
            UnknownTerm: an unknown relation, measure or scope.
            SupportInvalid: no rule knows such a measure for this person, or it lacks what the law asks for.
        """
        today = local_day(self._context.clock.now())
        _require_whole(given, today)
        with self._context.transaction() as session:
            people = people_store(self._context, session)
            person = people.get_by_document(given.document).person_id
            _require_rule(given.terms, people.identity(person).birth, today)
            store = support_store(self._context, session)
            if len(store.of_person(person)) >= MAX_MEASURES:
                raise SupportInvalid(_("constan demasiadas medidas de esta persona"), remedy=_("revise cuáles sobran"))
            return store.add(person, given.supporter, given.terms)

    def list(self, document: Document) -> tuple[Support, ...]:
        """Return the measures of a person, the oldest first.

        Raises:
            PersonUnknown: nobody here has that document.
        """
        with self._context.snapshot() as session:
            person = people_store(self._context, session).get_by_document(document).person_id
            return support_store(self._context, session).of_person(person)

    def end(self, document: Document, support_id: str, last_day: date | None = None) -> Support:
        """Note the last day of a measure, today when none is given.

        Raises:
            PersonUnknown: nobody here has that document.
            SupportUnknown: the person has no such measure.
        """
        day = last_day or local_day(self._context.clock.now())
        with self._context.transaction() as session:
            person = people_store(self._context, session).get_by_document(document).person_id
            return support_store(self._context, session).end(person, support_id, day)


def _require_whole(given: SupportInput, today: date) -> None:
    supporter, terms, codes = given.supporter, given.terms, load_codes()
    codes.code("guardian_relation", terms.relation)
    codes.code("support_measure", terms.measure)
    for scope in terms.scope:
        codes.code("support_scope", scope)
    if supporter.document == given.document:
        raise SupportInvalid(_("una persona no puede ser su propio apoyo"), remedy=_("compruebe los dos documentos"))
    _require_texts(supporter.name, terms.reference)
    if terms.valid_until is not None and terms.valid_until < terms.valid_from:
        raise SupportInvalid(_("la medida termina antes de empezar"), remedy=_("compruebe las dos fechas"))
    if supporter.birth is not None and supporter.of_age(today) is not Reached.YES:
        raise SupportInvalid(_young(terms.relation), remedy=_of_age_remedy(supporter.birth, today))


def _require_texts(name: str, reference: str) -> None:
    for text in (name, reference):
        if len(text) > MAX_TEXT or not text.isprintable():
            raise SupportInvalid(
                _("un texto tiene más de {most} caracteres o varias líneas", most=MAX_TEXT), remedy=_("acórtelo")
            )
    if not name.strip():
        raise SupportInvalid(_("falta el nombre de quien apoya"), remedy=_("indíquelo con --supporter-name"))


def _young(relation: str) -> str:
    if relation == "parent":
        return _(
            "un progenitor menor de edad y no emancipado ejerce la patria potestad con la asistencia de sus padres o "
            "tutor (CC 157)"
        )
    return _("quien presta el apoyo no consta como mayor de edad")


def _of_age_remedy(birth: Birth, today: date) -> str:
    if stage_of(birth, today) is not Stage.FULL_AGE and birth.ages_on(today) is None:
        return undecided_remedy()
    return _(
        "registre a otro progenitor o apoyo mayor de edad o, si está emancipado (desde los 16 años), indique "
        "--emancipated"
    )


def _require_rule(terms: SupportTerms, person: Birth, today: date) -> None:
    stage = stage_of(person, today)
    measures = () if stage in MINORS else (terms.measure,)
    rule = load_support_rules().applying(terms.relation, stage, measures, authorised=bool(terms.reference))
    if rule is None:
        raise SupportInvalid(
            _(
                "con «{relation}» y «{measure}» no se actúa por una persona de esta edad",
                relation=terms.relation,
                measure=terms.measure,
            ),
            remedy=_("consulte redpact-node support rules"),
        )
    if rule.reference == "required" and not terms.reference.strip():
        raise SupportInvalid(
            _("«{rule}» se acredita con una resolución o escritura ({article})", rule=rule.title, article=rule.article),
            remedy=_("indique su referencia con --reference, como «JPI 3 de León, auto 12/2026»"),
        )
