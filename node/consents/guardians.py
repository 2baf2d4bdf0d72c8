"""Entitlement to decide: minors decide alone from 14; adults with support measures, as their measure says.

The rules are `policies.support`, each with its article (LOPDGDD art. 7, Código Civil as Ley 8/2021 left it). The
measures on record are those of `node.support`, with supporter, period and scope; where there is none, the code of the
person's record counts. The relations are the code list ``guardian_relation``, the measures ``support_measure``.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from consent_ledger.consents.model import VALID_FOR_PROCESSING, ConsentView
from consent_ledger.errors import GuardianUnnamed
from consent_ledger.log.actors import Guardian
from node.cipher import RecordCipher
from node.consents.errors import AgeUndecided, GuardianNeeded, GuardianNotEntitled, PersonNotHeard, SupportNeeded
from node.context import NodeContext
from node.people.documents import Document
from node.people.model import Identity
from node.people.store import people_store
from node.support.model import Support
from node.support.store import support_store
from policies.birth import Reached, undecided_remedy
from policies.codes import load_codes
from policies.support import (
    AGE_OF_CONSENT_YEARS,
    FULL_AGE_YEARS,
    HEALTH_AGE_YEARS,
    MINORS,
    Mode,
    Stage,
    SupportRule,
    acts_alone,
    load_support_rules,
    stage_of,
)
from presentation.messages import Message, _

CAPACITY_FIELD: Final = "person.legal_capacity"
REPRESENTED: Final = "representative"
"""The measure under which a curator represents the person in the acts that the court named."""


@dataclass(frozen=True, slots=True)
class GuardianInput:
    """A supporter of the person, by document, and the relation between them.

    Attributes:
        document: None when it was not given, which is refused: an act must not pass for the person's own.
        relation: a code of ``guardian_relation``.
        heard: whether the person was heard before; it goes on record.
    """

    document: Document | None
    relation: str = "parent"
    heard: bool = False


@dataclass(frozen=True, slots=True)
class KnownCircumstances:
    """The facts on record here that a decision is checked against.

    Attributes:
        measure: the person's code of ``support_measure``; None when none is on record.
        guardian: the guardian's identity; None when the entity does not know them.
        support: the measures of the person that are in force, with their supporters.
    """

    measure: str | None = None
    guardian: Identity | None = None
    support: tuple[Support, ...] = ()


def circumstances(
    context: NodeContext, session: Session, person_ref: str, guardian: GuardianInput | None, today: date
) -> KnownCircumstances:
    """Return the facts on record about a person and their guardian on a day."""
    people = people_store(context, session)
    held = people.fields(person_ref, [CAPACITY_FIELD]).get(CAPACITY_FIELD)
    known = people.find_by_document(guardian.document) if guardian and guardian.document else None
    support = support_store(context, session).of_person(person_ref)
    return KnownCircumstances(
        measure=str(held.value) if held else None,
        guardian=people.identity(known.person_id) if known else None,
        support=tuple(each for each in support if each.terms.in_force(today)),
    )


def require_entitled(
    person: Identity,
    guardian: GuardianInput | None,
    today: date,
    known: KnownCircumstances | None = None,
    *,
    health: bool = False,
    hearing: bool = True,
) -> SupportRule | None:
    """Refuse a decision that this person, or this guardian, is not entitled to take; return the rule of a guardian.

    Args:
        person: whose data it is about.
        guardian: who acts for them or beside them; None when they act alone.
        today: the local day.
        known: the facts on record.
        health: whether the act covers health data.
        hearing: whether a hearing is asked for where the rule has one; not for taking something back.

    Raises:
        GuardianNeeded: the person acted alone and is under 14, or under 16 where health data are concerned.
        AgeUndecided: nobody can tell whether the person, who acted alone, is 14; or whether the guardian is of age.
        SupportNeeded: the person acted alone where a measure on record asks for its supporter.
        GuardianUnnamed: a guardian acts whose document was not given.
        GuardianNotEntitled: the guardian is the person, is too young, is not the supporter on record, or no rule lets
            them act.
        PersonNotHeard: the person has to be heard before, and that was not recorded.
        UnknownTerm: there is no such relation.
    """
    facts = known or KnownCircumstances()
    if guardian is None:
        _require_alone(person, facts, today, health=health)
        return None
    relation = load_codes().code("guardian_relation", guardian.relation).code
    document = require_named(guardian)
    if document == person.document:
        raise GuardianNotEntitled(
            _("una persona no puede ser su propio representante"), remedy=_("quite --guardian-document")
        )
    support = _support_of(facts, document, relation)
    rule = _rule(person, relation, facts, support, today, health=health)
    _require_age(facts, support, relation, today)
    if support is not None and not support.terms.covers(health=health):
        raise GuardianNotEntitled(
            _("la medida de apoyo que consta no alcanza a este acto"),
            remedy=_("decide la persona; si la resolución lo incluye, regístrela de nuevo con su alcance (--scope)"),
        )
    if hearing and rule.needs_hearing(person.birth, today) and not guardian.heard:
        raise PersonNotHeard(
            _("con «{rule}» hay que oír antes a la persona ({article})", rule=rule.title, article=rule.article),
            remedy=_("óigala y, si el acto respeta su voluntad, repita con --heard"),
        )
    return rule


def require_named(guardian: GuardianInput) -> Document:
    """Return the document of a guardian.

    Raises:
        GuardianUnnamed: it was not given.
    """
    if guardian.document is None:
        raise GuardianUnnamed(
            _("se indicó la relación «{relation}» y no quién actuó", relation=guardian.relation),
            remedy=_("indique su documento con --guardian-document, o quite --guardian-relation si actuó la persona"),
        )
    return guardian.document


def guardian_entitled(
    guardian: Guardian, person: Identity, facts: KnownCircumstances, today: date, *, health: bool
) -> bool:
    """Return whether a guardian named by another entity may have acted for a person, as far as is known here.

    A measure that is not on record here may be on record there. The rule and the hearing that it states have to fit
    the rules here.
    """
    stage, rules = stage_of(person.birth, today), load_support_rules()
    measures = None if facts.measure is None and not facts.support else _measures(facts)
    named = rules.by_id.get(guardian.rule) if guardian.rule else None
    rule = named or rules.applying(guardian.relation, stage, measures)
    if rule is None or rule.relation != guardian.relation or stage not in rule.stages:
        return False
    if rule.measures and measures is not None and not rule.measures & measures:
        return False
    if rule.health_only and not health:
        return False
    if guardian.rule is None:  # from before rules were recorded: taken for an act in the person's place
        return rule.mode is Mode.REPRESENTS
    return guardian.heard is True or not rule.needs_hearing(person.birth, today)


def came_of_age(guardian: Guardian, person: Identity, today: date) -> bool:
    """Return whether a guardian acted for a minor who now decides alone (LOPDGDD art. 7)."""
    rules = load_support_rules()
    rule = rules.by_id.get(guardian.rule) if guardian.rule else None
    of_minors = Stage.UNDER_14 in rule.stages if rule else guardian.relation not in rules.relations_of(Stage.FULL_AGE)
    return of_minors and person.reached(AGE_OF_CONSENT_YEARS, today) is Reached.YES


def decision_caution(context: NodeContext, view: ConsentView, today: date) -> Message | None:
    """Return a caution about a consent given alone by a person under representative curatorship; None otherwise.

    It is no refusal: a person with support measures has legal capacity, and the measure covers the acts that the court
    named (Ley 8/2021), which the code on record alone does not say. Saying no needs no caution.
    """
    if view.state not in VALID_FOR_PROCESSING or view.record.guardian is not None:
        return None
    with context.snapshot() as session:
        measure = circumstances(context, session, view.person_ref, None, today).measure
    if measure != REPRESENTED:
        return None
    return _(
        "consta una curatela representativa: compruebe en la resolución judicial si este acto necesita a quien ejerce "
        "la curatela, y si es así regístrelo con --guardian-document y --guardian-relation curator"
    )


def guardian_of(guardian: GuardianInput | None, cipher: RecordCipher, rule: SupportRule | None) -> Guardian | None:
    """Return the guardian as the ledger names them: by a keyed digest of the document, with the rule and the hearing.

    The entity can recognise the guardian again; without the key, the document cannot be derived from the digest.

    Raises:
        GuardianUnnamed: the document was not given.
    """
    if guardian is None:
        return None
    digest = cipher.blind_index("guardian", require_named(guardian).canonical)
    return Guardian(
        relation=guardian.relation,
        reference=digest.hex(),
        rule=rule.id if rule else None,
        heard=guardian.heard if rule else None,
    )


def _require_alone(person: Identity, facts: KnownCircumstances, today: date, *, health: bool) -> None:
    stage = stage_of(person.birth, today)
    covered = {each.terms.measure for each in facts.support if each.terms.covers(health=health)}
    if acts_alone(stage, health=health, needed=covered if stage is Stage.FULL_AGE else ()):
        return
    if stage is Stage.FULL_AGE:
        raise SupportNeeded(
            _("consta una medida de apoyo que alcanza a este acto: la persona no lo hace sola (CC 250, 269)"),
            remedy=_("regístrelo con quien ejerce la medida: --guardian-document y --guardian-relation"),
        )
    years = AGE_OF_CONSENT_YEARS if stage is Stage.UNDER_14 else HEALTH_AGE_YEARS
    if person.reached(years, today) is Reached.CANNOT_TELL:
        raise AgeUndecided(
            _("no se sabe si la persona tiene {years} años (LOPDGDD art. 7)", years=years), remedy=undecided_remedy()
        )
    if stage is Stage.UNDER_14:
        raise GuardianNeeded(
            _("la persona tiene menos de {age_of_consent_years} años (LOPDGDD art. 7)", age_of_consent_years=years),
            remedy=_("indique con --guardian-document quién tiene la patria potestad o la tutela"),
        )
    raise SupportNeeded(
        _("con menos de {years} años, los datos de salud piden también a sus padres o tutor", years=years),
        remedy=_(
            "indique con --guardian-document quién firma con la persona, o deje fuera los campos de salud (propuesta, "
            "por analogía con la Ley 41/2002 art. 9.4)"
        ),
    )


def _support_of(facts: KnownCircumstances, document: Document, relation: str) -> Support | None:
    """Return the measure on record of the supporter who acts; None where none of that relation is on record."""
    same = [each for each in facts.support if each.terms.relation == relation]
    for each in same:
        if each.supporter.document == document:
            return each
    if same:
        raise GuardianNotEntitled(
            _("en esa calidad consta otra persona o entidad, y no la que se indica"),
            remedy=_("compruebe el documento; si la medida ha cambiado, regístrelo con support add y support end"),
        )
    return None


def _measures(facts: KnownCircumstances) -> frozenset[str]:
    coded = {facts.measure} if facts.measure and facts.measure != "none" else set()
    return frozenset(coded | {each.terms.measure for each in facts.support})


def _rule(
    person: Identity,
    relation: str,
    facts: KnownCircumstances,
    support: Support | None,
    today: date,
    *,
    health: bool,
) -> SupportRule:
    stage, rules = stage_of(person.birth, today), load_support_rules()
    measures = {support.terms.measure} if support else _measures(facts)
    authorised = support is not None and bool(support.terms.reference)
    rule = rules.applying(relation, stage, () if stage in MINORS else measures, authorised=authorised)
    if rule is not None and (health or not rule.health_only):
        return rule
    if stage in MINORS or relation not in rules.relations_of(stage):
        raise _wrong_relation(relation, stage)
    if not measures:
        raise GuardianNotEntitled(
            _("no consta ninguna medida de apoyo con la que «{relation}» actúe", relation=relation),
            remedy=_("regístrela con support add, con su resolución; mientras tanto decide la persona"),
        )
    raise GuardianNotEntitled(
        _(
            "consta la medida de apoyo «{measure}», con la que «{relation}» no decide por la persona (Ley 8/2021)",
            measure=", ".join(sorted(measures)),
            relation=relation,
        ),
        remedy=_("decide la persona, con el apoyo que prevea su medida; si la medida ha cambiado, actualice su ficha"),
    )


def _wrong_relation(relation: str, stage: Stage) -> GuardianNotEntitled:
    under = _(
        "la relación «{relation}» no permite decidir por una persona menor de {years} años (LOPDGDD art. 7)",
        relation=relation,
        years=AGE_OF_CONSENT_YEARS,
    )
    over = _(
        "la relación «{relation}» no permite decidir por una persona de {years} años o más (LOPDGDD art. 7)",
        relation=relation,
        years=AGE_OF_CONSENT_YEARS,
    )
    if stage in (Stage.FROM_14, Stage.FROM_16):
        return GuardianNotEntitled(over, remedy=_("entre los 14 y los 18 años decide la persona menor"))
    entitled = ", ".join(sorted(load_support_rules().relations_of(stage)))
    return GuardianNotEntitled(
        under if stage is Stage.UNDER_14 else over,
        remedy=_("la relación debe ser una de estas: {entitled}", entitled=entitled),
    )


def _require_age(facts: KnownCircumstances, support: Support | None, relation: str, today: date) -> None:
    """Refuse a supporter on record as a minor, unless emancipated; parents need assistance then (CC 157)."""
    if support is not None:
        reached = support.supporter.of_age(today)
    elif facts.guardian is not None:
        reached = facts.guardian.reached(FULL_AGE_YEARS, today)
    else:
        return
    if reached is Reached.YES:
        return
    if reached is Reached.CANNOT_TELL:
        raise AgeUndecided(
            _("no se sabe si quien actúa por la persona tiene {years} años", years=FULL_AGE_YEARS),
            remedy=_("anote en su ficha la fecha de nacimiento de su documento, y vuelva a intentarlo"),
        )
    if relation == "parent":
        raise GuardianNotEntitled(
            _("un progenitor menor de edad necesita la asistencia de sus padres o tutor (CC 157)"),
            remedy=_(
                "que actúe el otro progenitor mayor de edad, un tutor o la entidad pública; si está emancipado (desde "
                "los 16 años), regístrelo con support add --emancipated"
            ),
        )
    raise GuardianNotEntitled(
        _("quien actúa por la persona tiene menos de {years} años según su ficha", years=FULL_AGE_YEARS),
        remedy=_("compruebe el documento de quien actuó y su fecha de nacimiento"),
    )
