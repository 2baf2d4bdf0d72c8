"""Consents: their states and transitions, their scope, and the fields that several of them allow together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from consent_ledger.log.bodies import (
    CONSENT_BASIS,
    Actor,
    ConsentBody,
    Guardian,
    Notice,
    PartyDetail,
)
from consent_ledger.log.entry import EntryType, UtcTime
from consent_ledger.log.field_types import Code, HexDigest, Reference
from presentation.messages import Message, _
from trust.parties import EntityId


class ConsentState(StrEnum):
    """The states of a consent; each is a status of DPV (``dpv:ConsentGiven``...)."""

    GIVEN = "given"
    RENEWED = "renewed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


STATE_NAMES: Final[Mapping[ConsentState, Message]] = {
    ConsentState.GIVEN: _("Dado"),
    ConsentState.RENEWED: _("Renovado"),
    ConsentState.REFUSED: _("Denegado"),
    ConsentState.WITHDRAWN: _("Retirado"),
    ConsentState.EXPIRED: _("Caducado"),
}


class ConsentAct(StrEnum):
    """An act that changes a consent."""

    GIVE = "give"
    REFUSE = "refuse"
    RENEW = "renew"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


VALID_FOR_PROCESSING: Final = frozenset({ConsentState.GIVEN, ConsentState.RENEWED})
DENIALS: Final = frozenset({ConsentState.REFUSED, ConsentState.WITHDRAWN})
"""The states in which the person denied it; an end of validity is no such act."""

TRANSITIONS: Final[dict[tuple[ConsentState | None, ConsentAct], tuple[ConsentState, EntryType]]] = {
    (None, ConsentAct.GIVE): (ConsentState.GIVEN, EntryType.CONSENT_GIVEN),
    (None, ConsentAct.REFUSE): (ConsentState.REFUSED, EntryType.CONSENT_REFUSED),
    (ConsentState.GIVEN, ConsentAct.RENEW): (ConsentState.RENEWED, EntryType.CONSENT_RENEWED),
    (ConsentState.GIVEN, ConsentAct.WITHDRAW): (ConsentState.WITHDRAWN, EntryType.CONSENT_WITHDRAWN),
    (ConsentState.GIVEN, ConsentAct.EXPIRE): (ConsentState.EXPIRED, EntryType.CONSENT_EXPIRED),
    (ConsentState.RENEWED, ConsentAct.RENEW): (ConsentState.RENEWED, EntryType.CONSENT_RENEWED),
    (ConsentState.RENEWED, ConsentAct.WITHDRAW): (ConsentState.WITHDRAWN, EntryType.CONSENT_WITHDRAWN),
    (ConsentState.RENEWED, ConsentAct.EXPIRE): (ConsentState.EXPIRED, EntryType.CONSENT_EXPIRED),
}
"""The allowed changes. Refused, withdrawn and expired are final: a change of mind is a new consent."""


class ConsentGrant(BaseModel):
    """A consent that a person, or a guardian, gave or refused. Input of `ConsentRegister`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person_ref: Reference
    fields: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]
    special_fields: Annotated[tuple[Code, ...], Field(max_length=200)] = ()
    purposes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]
    purpose_types: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    recipients: Annotated[tuple[EntityId, ...], Field(min_length=1, max_length=400)]
    parties: Annotated[tuple[PartyDetail, ...], Field(max_length=801)] = ()
    holders: Annotated[tuple[EntityId, ...], Field(max_length=400)] = ()
    """Other entities that are to share data under it."""
    valid_from: UtcTime
    valid_until: UtcTime
    acted_by: Actor = Actor.PERSON
    guardian: Guardian | None = None
    notice: Notice
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")] = "es"
    method: Code = "in-person"
    lawful_basis: Code = CONSENT_BASIS
    evidence_sha256: HexDigest | None = None


class ConsentRenewal(BaseModel):
    """A new end for a live consent, and the act by which the person, or a guardian, agreed to it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    valid_until: UtcTime
    acted_by: Actor = Actor.PERSON
    guardian: Guardian | None = None
    notice: Notice | None = None
    """The notice shown; None when it is still the one of the consent."""
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")] | None = None
    method: Code = "in-person"
    evidence_sha256: HexDigest | None = None


class ConsentScope(BaseModel):
    """A narrower scope for a live consent; a part that is None stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fields: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)] | None = None
    purposes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)] | None = None
    recipients: Annotated[tuple[EntityId, ...], Field(min_length=1, max_length=400)] | None = None
    holders: Annotated[tuple[EntityId, ...], Field(max_length=400)] | None = None


class Withdrawal(BaseModel):
    """A person's withdrawal, with the entity and time of the act when it was not here and now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    acted_by: Actor = Actor.PERSON
    guardian: Guardian | None = None
    method: Code = "in-person"
    reason: Code | None = None
    entity: EntityId | None = None
    acted_at: UtcTime | None = None


class ConsentView(BaseModel):
    """A consent in its present state."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: ConsentState
    record: ConsentBody
    given_at: UtcTime
    changed_at: UtcTime
    given_index: int = Field(ge=0)
    """The ledger entry in which it was given, or refused."""
    last_index: int = Field(ge=0)
    """The ledger entry of the newest change."""
    ended_at: UtcTime | None = None
    """The time at which the person withdrew or refused; earlier than `changed_at` when that was elsewhere."""

    @property
    def acted_at(self) -> datetime:
        """The time at which the person last gave, renewed, refused or withdrew it, here or elsewhere."""
        if self.state in DENIALS:
            return self.ended_at or self.changed_at
        changed = self.record.origin.acted_at if self.record.origin else self.changed_at
        return self.record.agreed_at or changed

    @property
    def consent_id(self) -> str:
        """The random id of the consent."""
        return self.record.consent_id

    @property
    def person_ref(self) -> str:
        """The node's random id of the person."""
        return self.record.person_ref

    @property
    def told_at(self) -> datetime | None:
        """The time of the last statement of the entity where it was given; None when that is this entity."""
        origin = self.record.origin
        return (origin.told_at or origin.acted_at) if origin else None

    def is_live(self, now: datetime) -> bool:
        """Return whether it is valid for processing now, without regard to its scope."""
        return self.state in VALID_FOR_PROCESSING and self.record.valid_from <= now < self.record.valid_until

    def covers(self, purpose: str, recipient: str, now: datetime) -> bool:
        """Return whether it allows this recipient, for this purpose, at this time, to receive its fields."""
        return self.is_live(now) and self.names(purpose, recipient)

    def names(self, purpose: str, recipient: str) -> bool:
        """Return whether its scope has this purpose and this recipient."""
        return purpose in self.record.purposes and recipient in self.record.recipients


class LiveConsent(BaseModel):
    """A consent that covers a purpose and a recipient now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    consent_id: str
    fields: frozenset[str]
    valid_until: UtcTime
    origin: str | None = None
    """The entity where it was given; None when that is this entity."""
    told_at: UtcTime | None = None
    """The time of that entity's last statement, which may have arrived much later."""


def live_consents(views: Sequence[ConsentView], purpose: str, recipient: str, now: datetime) -> tuple[LiveConsent, ...]:
    """Return a person's live consents for a recipient and a purpose, with the fields that they still cover.

    Several consents add up. Every refusal and every withdrawal that names the purpose and the recipient takes its
    fields from each consent that the person gave before it. So a later denial prevails over an earlier consent, at any
    entity and in any order of arrival.
    """
    denials = [view for view in views if view.state in DENIALS and view.names(purpose, recipient)]
    found = []
    for view in views:
        if not view.covers(purpose, recipient, now):
            continue
        taken = {name for denial in denials if _prevails(denial, view) for name in denial.record.fields}
        fields = frozenset(view.record.fields) - taken
        if fields:
            origin = view.record.origin
            found.append(
                LiveConsent(
                    consent_id=view.consent_id,
                    fields=fields,
                    valid_until=view.record.valid_until,
                    origin=origin.entity if origin else None,
                    told_at=view.told_at,
                )
            )
    return tuple(found)


def _prevails(denial: ConsentView, consent: ConsentView) -> bool:
    """Return whether a denial is later than a consent; at one instant the ledger order decides, else the denial."""
    if denial.acted_at != consent.acted_at:
        return denial.acted_at > consent.acted_at
    return (
        denial.record.origin is not None or consent.record.origin is not None or denial.last_index > consent.last_index
    )
