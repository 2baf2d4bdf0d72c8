"""Who may decide for whom: minors from 14 decide alone, and adults with support measures as their measure says.

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
"""LOPDGDD art. 7: below it, consent is the holder of parental authority's to give."""
OF_MINORS: Final = frozenset({"parent", "guardian", "public_entity"})
"""Who decides for a person under 14."""
OF_OTHERS: Final = frozenset({"curator", "de_facto", "public_entity", "attorney"})
"""Who may act for a person of 14 or more, when a support measure says so."""


@dataclass(frozen=True, slots=True)
class GuardianInput:
    """Who acts for the person, and as what."""

    document: Document
    relation: str = "parent"


def check_who_decides(person: Identity, guardian: GuardianInput | None, today: date) -> None:
    """Refuse a decision that is not this person's, or this guardian's, to take.

    Raises:
        GuardianNeeded: the person is under 14 and decides alone.
        GuardianNotEntitled: the guardian is the person, or acts in a capacity that a person of this age does not have.
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
    entitled = OF_MINORS if minor else OF_OTHERS
    if relation not in entitled:
        age = "under" if minor else "of"
        raise GuardianNotEntitled(
            _(
                "la relación «{relation}» no permite decidir por esta persona (edad: {age} "
                "{age_of_consent_years}; LOPDGDD art. 7)",
                relation=relation,
                age=age,
                age_of_consent_years=AGE_OF_CONSENT_YEARS,
            ),
            remedy=_("la relación debe ser una de estas: {entitled}", entitled=", ".join(sorted(entitled))),
        )


def guardian_of(guardian: GuardianInput | None, cipher: RecordCipher) -> Guardian | None:
    """Return the guardian as the ledger names them.

    A keyed digest: the entity can recognise the guardian again, nobody can work the document out from it.
    """
    if guardian is None:
        return None
    digest = cipher.blind_index("guardian", guardian.document.canonical)
    return Guardian(relation=guardian.relation, reference=digest.hex())
