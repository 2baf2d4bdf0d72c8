"""Consents: their states and transitions, and their scope."""

from collections.abc import Mapping
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
    ENDED = "ended"
    """By no act of the person: they have died."""


STATE_NAMES: Final[Mapping[ConsentState, Message]] = {
    ConsentState.GIVEN: _("Dado"),
    ConsentState.RENEWED: _("Renovado"),
    ConsentState.REFUSED: _("Denegado"),
    ConsentState.WITHDRAWN: _("Retirado"),
    ConsentState.EXPIRED: _("Caducado"),
    ConsentState.ENDED: _("Terminado"),
}


class ConsentAct(StrEnum):
    """An act that changes a consent."""

    GIVE = "give"
    REFUSE = "refuse"
    RENEW = "renew"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"
    END = "end"


ACT_NAMES: Final[Mapping[ConsentAct, Message]] = {
    ConsentAct.GIVE: _("dar"),
    ConsentAct.REFUSE: _("denegar"),
    ConsentAct.RENEW: _("renovar o reducir"),
    ConsentAct.WITHDRAW: _("retirar"),
    ConsentAct.EXPIRE: _("caducar"),
    ConsentAct.END: _("terminar"),
}
VALID_FOR_PROCESSING: Final = frozenset({ConsentState.GIVEN, ConsentState.RENEWED})
DENIALS: Final = frozenset({ConsentState.REFUSED, ConsentState.WITHDRAWN})
"""The states in which the person denied it; an end of validity is no such act."""
NOTHING_LEFT: Final = "nothing_left_here"
"""The reason by which a consent ends at a holder when nothing of its newer version is of use there."""
DENY_NOTHING: Final = frozenset({NOTHING_LEFT, "no_part_left"})
"""Reasons by which a consent ends at an entity that was taken out of it: the person narrowed it, and withdrew none."""

TRANSITIONS: Final[dict[tuple[ConsentState | None, ConsentAct], tuple[ConsentState, EntryType]]] = {
    (None, ConsentAct.GIVE): (ConsentState.GIVEN, EntryType.CONSENT_GIVEN),
    (None, ConsentAct.REFUSE): (ConsentState.REFUSED, EntryType.CONSENT_REFUSED),
    (ConsentState.GIVEN, ConsentAct.RENEW): (ConsentState.RENEWED, EntryType.CONSENT_RENEWED),
    (ConsentState.GIVEN, ConsentAct.WITHDRAW): (ConsentState.WITHDRAWN, EntryType.CONSENT_WITHDRAWN),
    (ConsentState.GIVEN, ConsentAct.EXPIRE): (ConsentState.EXPIRED, EntryType.CONSENT_EXPIRED),
    (ConsentState.GIVEN, ConsentAct.END): (ConsentState.ENDED, EntryType.CONSENT_ENDED),
    (ConsentState.RENEWED, ConsentAct.RENEW): (ConsentState.RENEWED, EntryType.CONSENT_RENEWED),
    (ConsentState.RENEWED, ConsentAct.WITHDRAW): (ConsentState.WITHDRAWN, EntryType.CONSENT_WITHDRAWN),
    (ConsentState.RENEWED, ConsentAct.EXPIRE): (ConsentState.EXPIRED, EntryType.CONSENT_EXPIRED),
    (ConsentState.RENEWED, ConsentAct.END): (ConsentState.ENDED, EntryType.CONSENT_ENDED),
    (ConsentState.ENDED, ConsentAct.WITHDRAW): (ConsentState.WITHDRAWN, EntryType.CONSENT_WITHDRAWN),
}
"""The allowed changes. Refused, withdrawn and expired are final: a change of mind is a new consent.

One that ended because somebody said that its person had died can still be withdrawn: whoever said so falsely must not
keep the person's no from counting for other consents.
"""


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
    consent_id: Reference | None = None
    """Its id where the person signed a form that names it; a random one when None."""
    agreed_at: UtcTime | None = None
    """The time of that form; the present when None."""


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
    statement_sha256: HexDigest | None = None


class DroppedHolder(BaseModel):
    """A holder that was taken out of a consent, for which the consent ended by that act."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entity: EntityId
    at: UtcTime


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
    agreed_index: int | None = Field(default=None, ge=0)
    """The ledger entry by which the person last agreed, as this entity learned of it; None in views kept before."""
    ended_at: UtcTime | None = None
    """The time at which the person withdrew or refused; earlier than `changed_at` when that was elsewhere."""
    ended_in: EntityId | None = None
    """The entity that reported the withdrawal; None when the person withdrew here."""
    ended_reason: Code | None = None
    ended_act: UtcTime | None = None
    """The time of the withdrawal as the entity of the act states it, by which the act is known again elsewhere."""
    dropped: tuple[DroppedHolder, ...] = ()

    @property
    def acted_at(self) -> datetime:
        """The time at which the person last gave, renewed, refused or withdrew it, by the clock of that entity.

        It is shown, and orders nothing: see `consents.order`.
        """
        if self.state in DENIALS:
            return self.ended_at or self.changed_at
        changed = self.record.origin.acted_at if self.record.origin else self.changed_at
        return self.record.agreed_at or changed

    @property
    def denies(self) -> bool:
        """True when the person said no to its scope: refused it, or withdrew it."""
        return self.state in DENIALS and self.ended_reason not in DENY_NOTHING

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

    def names(self, purpose: str, recipient: str) -> bool:
        """Return whether its scope has this purpose and this recipient."""
        return purpose in self.record.purposes and recipient in self.record.recipients
