"""Entitlement to decide: minors decide alone from 14; adults with support measures, as their measure says.

LOPDGDD art. 7 (14 years), Ley 8/2021 (support measures). The relations are the code list ``guardian_relation``.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from consent_ledger.log.bodies import Guardian
from node.cipher import RecordCipher
from node.consents.errors import GuardianNeeded, GuardianNotEntitled
from node.people.documents import Document
from node.people.model import Identity
from policies.codes import load_codes
from presentation.messages import _

AGE_OF_CONSENT_YEARS: Final = 14
"""LOPDGDD art. 7: below it, the holder of parental authority consents."""
RELATIONS_UNDER_14: Final = frozenset({"parent", "guardian", "public_entity"})
"""Relations that decide for a person under 14."""
RELATIONS_FROM_14: Final = frozenset({"curator", "de_facto", "public_entity", "attorney"})
"""Relations that may act for a person of 14 or more, when a support measure says so."""


@dataclass(frozen=True, slots=True)
class GuardianInput:
    """A representative of the person, by document, and the relation between them."""

    document: Document
    relation: str = "parent"


def require_entitled(person: Identity, guardian: GuardianInput | None, today: date) -> None:
    """Refuse a decision that this person, or this guardian, is not entitled to take.

    Raises:
        GuardianNeeded: the person is under 14 and acted alone.
        GuardianNotEntitled: the guardian is the person, or the relation does not exist at this age.
        UnknownTerm: there is no such relation.
    """
    minor = person.age_on(today) < AGE_OF_CONSENT_YEARS
    if guardian is None:
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
    if guardian.document == person.document:
        raise GuardianNotEntitled(
            _("una persona no puede ser su propio representante"), remedy=_("quite --guardian-document")
        )
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
        raise GuardianNotEntitled(
            under if minor else over,
            remedy=_("la relación debe ser una de estas: {entitled}", entitled=", ".join(sorted(entitled))),
        )


def guardian_of(guardian: GuardianInput | None, cipher: RecordCipher) -> Guardian | None:
    """Return the guardian as the ledger names them: by a keyed digest of the document.

    The entity can recognise the guardian again; without the key, the document cannot be derived from the digest.
    """
    if guardian is None:
        return None
    digest = cipher.blind_index("guardian", guardian.document.canonical)
    return Guardian(relation=guardian.relation, reference=digest.hex())
