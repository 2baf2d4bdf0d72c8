"""The assurance of a consent given elsewhere: the proofs of a person's will, and those that open each sensitivity.

The word of the entity that says that a person consented opens nothing by default: a member that lies would open
everybody's record (decision 0025).
"""

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, ValidationError

from policies.catalogue import load_catalogue
from policies.documents import Entry, Labelled, read_document
from policies.errors import AssurancePolicyInvalid
from policies.fields import Sensitivity
from policies.strict_reading import read_json
from presentation.faults import first_fault, parse_fault
from presentation.messages import _

DOCUMENT = "data/assurance.yaml"
POLICY_CODE: Final = "consent.assurance"
"""The name of the policy in the ledger."""


class Assurance(StrEnum):
    """The proofs of a person's will, from the weakest to the strongest."""

    DECLARED = "declared"
    """The word of the entity where the consent was given."""
    PERSON_CODE = "person_code"
    """A single-use code of a card that the holder gave to the person."""
    E_SIGNATURE = "e_signature"
    """The person's own electronic signature under the consent."""
    CONFIRMED = "confirmed"
    """A professional of the holder who looked at the signed form."""


P3_FLOOR: Final = frozenset({Assurance.E_SIGNATURE, Assurance.CONFIRMED})
"""Assurances that may open special categories of data, whatever an entity decides."""
_RANK: Final = {assurance: rank for rank, assurance in enumerate(Assurance)}


def _ordered(found: tuple[Assurance, ...]) -> tuple[Assurance, ...]:
    return tuple(sorted(set(found), key=_RANK.__getitem__))


def _at_or_above_floor(found: tuple[Assurance, ...]) -> tuple[Assurance, ...]:
    if not P3_FLOOR.issuperset(found):
        raise ValueError(_("P3 solo se abre con e_signature y confirmed"))
    return found


_Accepted = Annotated[tuple[Assurance, ...], Field(max_length=4), AfterValidator(_ordered)]


class AcceptedAssurances(Entry):
    """The assurances that open the fields of each sensitivity; none of them opens P4."""

    P1: _Accepted
    P2: _Accepted
    P3: Annotated[_Accepted, AfterValidator(_at_or_above_floor)]


class OriginLimits(Entry):
    """The limits of an origin at a holder, in 24 hours.

    Attributes:
        consents_a_day: new consents that are taken.
        alarm_at: people with consents without a proof, or with a failed one, from which the holder alarms.
    """

    consents_a_day: int = Field(ge=1, le=100_000)
    alarm_at: int = Field(ge=1, le=100_000)


class AssurancePolicy(Entry):
    """The assurances from which an entity acts on consents given elsewhere, and the limits of their origins."""

    accepted: AcceptedAssurances
    limits: OriginLimits

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """Read a policy from JSON.

        Raises:
            AssurancePolicyInvalid: not a policy, or one below the floor.
        """
        try:
            return cls.model_validate(read_json(text))
        except ValidationError as error:
            raise _invalid(error) from error
        except (ValueError, RecursionError) as error:
            raise AssurancePolicyInvalid(_("no es un documento JSON: {fault}", fault=parse_fault(error))) from error

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """Return a policy from its parts.

        Raises:
            AssurancePolicyInvalid: as in `read`.
        """
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise _invalid(error) from error

    @property
    def document(self) -> str:
        """The policy as JSON text, the same for equal policies."""
        return self.model_dump_json()

    @property
    def sha256(self) -> str:
        """SHA-256, hex, of its document."""
        return hashlib.sha256(self.document.encode()).hexdigest()

    @property
    def lowered(self) -> tuple[Sensitivity, ...]:
        """The sensitivities that the word of another entity opens."""
        levels = (Sensitivity.P1, Sensitivity.P2)
        return tuple(level for level in levels if Assurance.DECLARED in self.accepts(level))

    def accepts(self, sensitivity: Sensitivity) -> frozenset[Assurance]:
        """Return the assurances that open fields of a sensitivity."""
        accepted = self.accepted
        by_level = {Sensitivity.P0: accepted.P1, Sensitivity.P1: accepted.P1, Sensitivity.P2: accepted.P2}
        if sensitivity is Sensitivity.P3:
            return frozenset(accepted.P3) & P3_FLOOR
        return frozenset(by_level.get(sensitivity, ()))

    def opens(self, assurance: Assurance, field: str) -> bool:
        """Return whether an assurance opens a field; a field that the catalogue does not list is never opened."""
        catalogue = load_catalogue()
        return field in catalogue and assurance in self.accepts(catalogue.field(field).sensitivity)


def _invalid(error: ValidationError) -> AssurancePolicyInvalid:
    return AssurancePolicyInvalid(first_fault(error))


class _Document(Entry):
    version: str
    assurances: Mapping[Assurance, Labelled]
    accepted: AcceptedAssurances
    limits: OriginLimits


@cache
def _document() -> _Document:
    return read_document(DOCUMENT, _Document)


@cache
def default_policy() -> AssurancePolicy:
    """Return the policy in force where an entity has set none.

    Raises:
        PolicyDocumentDamaged: the installed document is unreadable.
    """
    document = _document()
    return AssurancePolicy(accepted=document.accepted, limits=document.limits)


def assurance_label(assurance: str, lang: str = "es") -> str:
    """Return the name of an assurance; one that this version does not know stands for itself."""
    names = _document().assurances
    return names[Assurance(assurance)].label(lang) if assurance in set(Assurance) else assurance


def assurance_of(name: str) -> Assurance:
    """Return an assurance by its name.

    Raises:
        AssurancePolicyInvalid: there is none of that name.
    """
    try:
        return Assurance(name)
    except ValueError as error:
        known = ", ".join(each.value for each in Assurance)
        raise AssurancePolicyInvalid(
            _("no existe la garantía {name!r}", name=name), remedy=_("use una de estas: {known}", known=known)
        ) from error
