"""The register of consents: what may change into what, and who may see what now.

Every change is a ledger entry and a row of a projection, written in one transaction. The ledger is the truth; the
projection answers questions quickly.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Protocol

from pydantic import BaseModel, ConfigDict, Field

from consent_ledger.bodies import (
    CONSENT_BASIS,
    Actor,
    Code,
    ConsentBody,
    ExpiryBody,
    Guardian,
    HexDigest,
    Notice,
    PartyDetail,
    Reference,
    WithdrawalBody,
)
from consent_ledger.entry import Body, EntryType, NewEntry, UtcTime
from consent_ledger.errors import ConsentInvalid, ConsentTransitionRefused, ConsentUnknown
from consent_ledger.log import ConsentLedger
from consent_ledger.parties import EntityId


class ConsentState(StrEnum):
    """Where a consent stands; each is a status of DPV (``dpv:ConsentGiven``...)."""

    GIVEN = "given"
    RENEWED = "renewed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ConsentAct(StrEnum):
    """What can happen to a consent."""

    GIVE = "give"
    REFUSE = "refuse"
    RENEW = "renew"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


VALID_FOR_PROCESSING: Final = frozenset({ConsentState.GIVEN, ConsentState.RENEWED})

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
"""All that is allowed. Refused, withdrawn and expired are final: who changes their mind gives a new consent."""


class ConsentGrant(BaseModel):
    """What a person, or a guardian, agreed to, or was asked and refused. Input of `ConsentRegister`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person_ref: Reference
    fields: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]
    special_fields: Annotated[tuple[Code, ...], Field(max_length=200)] = ()
    purposes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]
    purpose_types: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    recipients: Annotated[tuple[EntityId, ...], Field(min_length=1, max_length=200)]
    parties: Annotated[tuple[PartyDetail, ...], Field(max_length=201)] = ()
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


class ConsentView(BaseModel):
    """A consent as it stands."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: ConsentState
    record: ConsentBody
    given_at: UtcTime
    changed_at: UtcTime
    given_index: int = Field(ge=0)
    """The ledger entry in which it was given, or refused."""
    last_index: int = Field(ge=0)
    """The ledger entry of the newest change."""

    @property
    def consent_id(self) -> str:
        """The random id of the consent."""
        return self.record.consent_id

    @property
    def person_ref(self) -> str:
        """The node's random id of the person."""
        return self.record.person_ref

    def covers(self, purpose: str, recipient: str, now: datetime) -> bool:
        """Tell whether it allows this recipient, for this purpose, at this time, to receive its fields."""
        return (
            self.state in VALID_FOR_PROCESSING
            and self.record.valid_from <= now < self.record.valid_until
            and purpose in self.record.purposes
            and recipient in self.record.recipients
        )


class LiveConsent(BaseModel):
    """A consent that covers a purpose and a recipient now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    consent_id: str
    fields: frozenset[str]
    valid_until: UtcTime


class ConsentStore(Protocol):
    """Keeps the projection."""

    def get(self, consent_id: str) -> ConsentView | None:
        """Return a consent, keeping others from changing it until the transaction ends."""
        ...

    def put(self, view: ConsentView) -> None:
        """Write the present state of a consent."""
        ...

    def of_person(self, person_ref: str) -> Sequence[ConsentView]:
        """Return the consents of a person, oldest first, keeping others from changing them."""
        ...

    def all(self) -> Sequence[ConsentView]:
        """Return every consent, oldest first."""
        ...

    def forget(self, consent_ids: Sequence[str]) -> None:
        """Destroy what is kept of some consents."""
        ...

    def lapsed(self, now: datetime) -> Sequence[ConsentView]:
        """Return consents valid for processing whose validity ended at `now` or before."""
        ...


class ConsentRegister:
    """The consents one entity holds, inside the caller's transaction."""

    def __init__(self, ledger: ConsentLedger, store: ConsentStore, controller: str) -> None:
        self._ledger = ledger
        self._store = store
        self._controller = controller

    def grant(self, grant: ConsentGrant, now: datetime) -> ConsentView:
        """Record a consent.

        Raises:
            ConsentInvalid: validity that ends before it starts or is over, or a guardian's act without a guardian.
        """
        if grant.valid_until <= now:
            raise ConsentInvalid("the validity is already over", remedy="choose a later end")
        return self._begin(ConsentAct.GIVE, grant, now)

    def refuse(self, grant: ConsentGrant, now: datetime) -> ConsentView:
        """Record that the person was asked for this and said no.

        Raises:
            ConsentInvalid: as in `grant`.
        """
        return self._begin(ConsentAct.REFUSE, grant, now)

    def renew(self, consent_id: str, renewal: ConsentRenewal, now: datetime) -> ConsentView:
        """Extend the validity of a live consent with the same scope.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is refused, withdrawn or expired, or its validity is over.
            ConsentInvalid: the new end is not after `now`, or a guardian's act without a guardian.
        """
        view = self.get(consent_id)
        state, kind = _next(view, ConsentAct.RENEW)
        if view.record.valid_until <= now:
            raise ConsentTransitionRefused(f"consent {consent_id} is over", remedy="the person gives a new consent")
        if renewal.valid_until <= now:
            raise ConsentInvalid("the validity is already over", remedy="choose a later end")
        act = renewal.model_dump(exclude={"notice", "language"})
        shown = {"notice": renewal.notice or view.record.notice, "language": renewal.language or view.record.language}
        record = _checked(ConsentBody.model_validate({**view.record.model_dump(), **act, **shown}))
        return self._change(view.model_copy(update={"record": record}), state, NewEntry(kind, record), now)

    def forget(self, consent_ids: Sequence[str]) -> None:
        """Take consents out of the projection: part of erasing what the ledger holds of them."""
        self._store.forget(consent_ids)

    def withdraw(
        self,
        consent_id: str,
        now: datetime,
        *,
        acted_by: Actor = Actor.PERSON,
        guardian: Guardian | None = None,
        method: str = "in-person",
        reason: str | None = None,
    ) -> ConsentView:
        """Record a withdrawal. From the commit on, nothing is released under this consent.

        Raises:
            ConsentUnknown: there is no such consent.
            ConsentTransitionRefused: it is refused, withdrawn or expired.
        """
        view = self.get(consent_id)
        state, kind = _next(view, ConsentAct.WITHDRAW)
        body = WithdrawalBody(
            consent_id=consent_id,
            person_ref=view.person_ref,
            acted_by=acted_by,
            guardian=guardian,
            method=method,
            reason=reason,
        )
        return self._change(view, state, NewEntry(kind, body), now)

    def expire_due(self, now: datetime) -> tuple[ConsentView, ...]:
        """Record the end of every consent whose validity is over, and return them."""
        return tuple(self._expire(view, now) for view in self._store.lapsed(now))

    def get(self, consent_id: str) -> ConsentView:
        """Return a consent.

        Raises:
            ConsentUnknown: there is no such consent.
        """
        view = self._store.get(consent_id)
        if view is None:
            raise ConsentUnknown(f"there is no consent {consent_id!r}", remedy="run: redpact-node consent list")
        return view

    def list(self, person_ref: str | None = None) -> tuple[ConsentView, ...]:
        """Return the consents of a person, of everybody when None, oldest first."""
        return tuple(self._store.all() if person_ref is None else self._store.of_person(person_ref))

    def live(self, person_ref: str, purpose: str, recipient: str, now: datetime) -> tuple[LiveConsent, ...]:
        """Return the consents under which `recipient` may receive something of the person for `purpose` now.

        Read in the transaction that writes the release: a withdrawal cannot then slip in between.
        """
        return tuple(
            LiveConsent(
                consent_id=view.consent_id,
                fields=frozenset(view.record.fields),
                valid_until=view.record.valid_until,
            )
            for view in self._store.of_person(person_ref)
            if view.covers(purpose, recipient, now)
        )

    def _begin(self, act: ConsentAct, grant: ConsentGrant, now: datetime) -> ConsentView:
        state, kind = TRANSITIONS[None, act]
        record = _checked(
            ConsentBody(
                consent_id=secrets.token_hex(16),
                controller=self._controller,
                storage_locations=(self._controller,),
                **grant.model_dump(),
            )
        )
        (appended,) = self._ledger.append([NewEntry(kind, record)], now)
        view = ConsentView(
            state=state,
            record=record,
            given_at=now,
            changed_at=now,
            given_index=appended.index,
            last_index=appended.index,
        )
        self._store.put(view)
        return view

    def _expire(self, view: ConsentView, now: datetime) -> ConsentView:
        state, kind = _next(view, ConsentAct.EXPIRE)
        body: Body = ExpiryBody(
            consent_id=view.consent_id, person_ref=view.person_ref, valid_until=view.record.valid_until
        )
        return self._change(view, state, NewEntry(kind, body), now)

    def _change(self, view: ConsentView, state: ConsentState, entry: NewEntry, now: datetime) -> ConsentView:
        (appended,) = self._ledger.append([entry], now)
        changed = view.model_copy(update={"state": state, "changed_at": now, "last_index": appended.index})
        self._store.put(changed)
        return changed


def _next(view: ConsentView, act: ConsentAct) -> tuple[ConsentState, EntryType]:
    try:
        return TRANSITIONS[view.state, act]
    except KeyError:
        raise ConsentTransitionRefused(
            f"consent {view.consent_id} is {view.state}: it cannot {act}",
            remedy="a person who changes their mind gives a new consent",
        ) from None


def _checked(record: ConsentBody) -> ConsentBody:
    if record.valid_until <= record.valid_from:
        raise ConsentInvalid("the validity ends before it starts", remedy="correct the dates")
    if (record.acted_by is Actor.GUARDIAN) != (record.guardian is not None):
        raise ConsentInvalid(
            "a guardian is named exactly when a guardian acted", remedy="name the guardian and their relation"
        )
    return record
