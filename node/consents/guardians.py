"""Entitlement to decide: minors decide alone from 14; adults with support measures, as their measure says.

LOPDGDD art. 7 (14 years), Ley 8/2021 (support measures), Código Civil art. 157 (parents who are minors). The relations
are the code list ``guardian_relation``, the measures ``support_measure``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from consent_ledger.consents.model import VALID_FOR_PROCESSING, ConsentView
from consent_ledger.errors import GuardianUnnamed
from consent_ledger.log.bodies import Guardian
from node.cipher import RecordCipher
from node.consents.errors import AgeUndecided, GuardianNeeded, GuardianNotEntitled
from node.context import NodeContext
from node.people.documents import Document
from node.people.model import Identity
from node.people.store import people_store
from policies.birth import Reached, undecided_remedy
from policies.codes import load_codes
from presentation.messages import Message, _

AGE_OF_CONSENT_YEARS: Final = 14
"""LOPDGDD art. 7: below it, the holder of parental authority consents."""
FULL_AGE_YEARS: Final = 18
RELATIONS_UNDER_14: Final = frozenset({"parent", "guardian", "public_entity"})
"""Relations that decide for a person under 14."""
RELATIONS_FROM_14: Final = frozenset({"curator", "de_facto", "public_entity", "attorney"})
"""Relations that may act for a person of 14 or more, when a support measure says so."""
CAPACITY_FIELD: Final = "person.legal_capacity"
REPRESENTED: Final = "representative"
"""The measure under which a curator represents the person in the acts that the court named."""
_MEASURES: Final[Mapping[str, frozenset[str]]] = {
    "curator": frozenset({REPRESENTED, "judicial_defender"}),
    "de_facto": frozenset({"de_facto"}),
    "attorney": frozenset({"preventive_power"}),
    "public_entity": frozenset({REPRESENTED, "judicial_defender", "de_facto", "assistive", "preventive_power"}),
}
"""The measures under which each relation acts for the person. An assistive curator assists, and the person decides."""


@dataclass(frozen=True, slots=True)
class GuardianInput:
    """A representative of the person, by document, and the relation between them.

    Attributes:
        document: None when it was not given, which is refused: an act must not pass for the person's own.
        relation: a code of ``guardian_relation``.
    """

    document: Document | None
    relation: str = "parent"


@dataclass(frozen=True, slots=True)
class KnownCircumstances:
    """The facts on record here that a decision is checked against.

    Attributes:
        measure: the person's code of ``support_measure``; None when none is on record.
        guardian: the guardian's identity; None when the entity does not know them.
    """

    measure: str | None = None
    guardian: Identity | None = None


def circumstances(
    context: NodeContext, session: Session, person_ref: str, guardian: GuardianInput | None
) -> KnownCircumstances:
    """Return the facts on record about a person and their guardian."""
    people = people_store(context, session)
    held = people.fields(person_ref, [CAPACITY_FIELD]).get(CAPACITY_FIELD)
    known = people.find_by_document(guardian.document) if guardian and guardian.document else None
    return KnownCircumstances(
        measure=str(held.value) if held else None,
        guardian=people.identity(known.person_id) if known else None,
    )


def require_entitled(
    person: Identity, guardian: GuardianInput | None, today: date, known: KnownCircumstances | None = None
) -> None:
    """Refuse a decision that this person, or this guardian, is not entitled to take.

    Raises:
        GuardianNeeded: the person is under 14 and acted alone.
        AgeUndecided: nobody can tell whether the person, who acted alone, is 14; or whether the guardian is of age.
        GuardianUnnamed: a guardian acts whose document was not given.
        GuardianNotEntitled: the guardian is the person, is too young, or has no relation that decides for the person.
        UnknownTerm: there is no such relation.
    """
    reached, facts = person.reached(AGE_OF_CONSENT_YEARS, today), known or KnownCircumstances()
    minor = reached is not Reached.YES
    if guardian is None:
        if reached is Reached.CANNOT_TELL:
            raise AgeUndecided(
                _("no se sabe si la persona tiene {years} años (LOPDGDD art. 7)", years=AGE_OF_CONSENT_YEARS),
                remedy=undecided_remedy(),
            )
        if minor:
            raise GuardianNeeded(
                _(
                    "la persona tiene menos de {age_of_consent_years} años (LOPDGDD art. 7)",
                    age_of_consent_years=AGE_OF_CONSENT_YEARS,
                ),
                remedy=_("indique con --guardian-document quién tiene la patria potestad o la tutela"),
            )
        return
    relation = load_codes().code("guardian_relation", guardian.relation).code
    if require_named(guardian) == person.document:
        raise GuardianNotEntitled(
            _("una persona no puede ser su propio representante"), remedy=_("quite --guardian-document")
        )
    if refusal := _refusal(relation, minor=minor, measure=facts.measure):
        raise refusal
    if facts.guardian is not None:
        _require_age(facts.guardian, person, relation, today)


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


def relation_decides(relation: str, *, minor: bool, measure: str | None) -> bool:
    """Return whether a relation may decide for a person of this age, under the support measure on record."""
    return _refusal(relation, minor=minor, measure=measure) is None


def decision_caution(context: NodeContext, view: ConsentView) -> Message | None:
    """Return a caution about a consent given alone by a person under representative curatorship; None otherwise.

    It is no refusal: a person with support measures has legal capacity, and the measure covers the acts that the court
    named (Ley 8/2021). Saying no needs no caution.
    """
    if view.state not in VALID_FOR_PROCESSING or view.record.guardian is not None:
        return None
    with context.snapshot() as session:
        measure = circumstances(context, session, view.person_ref, None).measure
    if measure != REPRESENTED:
        return None
    return _(
        "consta una curatela representativa: compruebe en la resolución judicial si este acto necesita a quien ejerce "
        "la curatela, y si es así regístrelo con --guardian-document y --guardian-relation curator"
    )


def guardian_of(guardian: GuardianInput | None, cipher: RecordCipher) -> Guardian | None:
    """Return the guardian as the ledger names them: by a keyed digest of the document.

    The entity can recognise the guardian again; without the key, the document cannot be derived from the digest.

    Raises:
        GuardianUnnamed: the document was not given.
    """
    if guardian is None:
        return None
    digest = cipher.blind_index("guardian", require_named(guardian).canonical)
    return Guardian(relation=guardian.relation, reference=digest.hex())


def _refusal(relation: str, *, minor: bool, measure: str | None) -> GuardianNotEntitled | None:
    entitled = RELATIONS_UNDER_14 if minor else RELATIONS_FROM_14
    if relation not in entitled:
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
        return GuardianNotEntitled(
            under if minor else over,
            remedy=_("la relación debe ser una de estas: {entitled}", entitled=", ".join(sorted(entitled))),
        )
    if not minor and measure is not None and measure not in _MEASURES[relation]:
        return GuardianNotEntitled(
            _(
                "consta la medida de apoyo «{measure}», con la que «{relation}» no decide por la persona (Ley 8/2021)",
                measure=measure,
                relation=relation,
            ),
            remedy=_(
                "decide la persona, con el apoyo que prevea su medida; si la medida ha cambiado, actualice su ficha"
            ),
        )
    return None


def _require_age(guardian: Identity, person: Identity, relation: str, today: date) -> None:
    """Refuse a guardian known here as a minor; a parent may be one, if old enough to be the parent."""
    reached = guardian.reached(FULL_AGE_YEARS, today)
    if reached is Reached.YES:
        return
    if reached is Reached.CANNOT_TELL:
        raise AgeUndecided(
            _("no se sabe si quien actúa por la persona tiene {years} años", years=FULL_AGE_YEARS),
            remedy=_("anote en su ficha la fecha de nacimiento de su documento, y vuelva a intentarlo"),
        )
    born, older = person.birth_date.year, guardian.birth_date.year
    known = born is not None and older is not None and born - older >= AGE_OF_CONSENT_YEARS
    if relation == "parent" and known:
        return
    raise GuardianNotEntitled(
        _("quien actúa por la persona tiene menos de {years} años según su ficha", years=FULL_AGE_YEARS),
        remedy=_("compruebe el documento de quien actuó y su fecha de nacimiento"),
    )
