"""Referrals in the node's database, in the caller's transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from node.referrals.errors import ReferralUnknown
from node.referrals.tables import ImportedSummaryRow, ReferralRow, ReferralStepRow
from policies.referrals import OPEN, ReferralSide, ReferralState, ReferralStep
from presentation.messages import _

SHORTEST_PREFIX: Final = 8
"""Hex digits of an id that people may type in place of all 32; the slip prints them large."""
_CHUNK: Final = 500
"""Ids named in one statement."""


@dataclass(frozen=True, slots=True)
class Referral:
    """A referral as this entity knows it; the columns are in `node.referrals.tables`.

    `answer_by` is None while only a later step of its sender has arrived.
    """

    referral_id: str
    side: ReferralSide
    peer: str
    kind: str
    state: ReferralState
    service: str
    need: str | None
    urgency: str
    consent_id: str
    person_ref: str | None
    subject: str | None
    code: str | None
    answer_by: datetime | None
    own_steps: int
    created_at: datetime
    changed_at: datetime

    @property
    def other_side(self) -> ReferralSide:
        """The side of the other entity."""
        return ReferralSide.RECEIVER if self.side is ReferralSide.SENDER else ReferralSide.SENDER


@dataclass(frozen=True, slots=True)
class TakenStep:
    """A step of either side. `message_sha256` is None when no message was sent of it."""

    referral_id: str
    by: ReferralSide
    number: int
    step: ReferralStep
    code: str | None
    taken_at: datetime
    recorded_at: datetime
    message_sha256: str | None


@dataclass(frozen=True, slots=True)
class ImportedSummary:
    """The record of a person at the entity that transferred the case; coded values only.

    Attributes:
        source: entity id.
        fetched_at: when the case was taken over, UTC.
        fields: field id, value, and the day on which the source recorded it.
    """

    referral_id: str
    source: str
    request_id: str
    fetched_at: datetime
    fields: Sequence[dict[str, Any]]


class ReferralStore:
    """The referrals of one node."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, reference: str) -> Referral:
        """Return a referral by its id, or by an unambiguous beginning of it.

        Raises:
            ReferralUnknown: there is none, or more than one begins like that.
        """
        text = reference.replace("-", "").replace(" ", "").lower()
        found = self._read(
            select(ReferralRow).where(ReferralRow.referral_id.startswith(text, autoescape=True)).limit(2)
        )
        if len(text) < SHORTEST_PREFIX or len(found) != 1:
            raise ReferralUnknown(
                _("esta entidad no tiene esa derivación"), remedy=_("consulte: redpact-node referral list")
            )
        return found[0]

    def find(self, referral_id: str) -> Referral | None:
        """Return a referral by its whole id, locked until the transaction ends; None when there is none."""
        found = self._read(select(ReferralRow).where(ReferralRow.referral_id == referral_id).with_for_update())
        return found[0] if found else None

    def put(self, referral: Referral) -> None:
        """Write a referral."""
        values = {name: getattr(referral, name) for name in Referral.__slots__}
        self._session.merge(ReferralRow(**values | {"side": referral.side.value, "state": referral.state.value}))
        self._session.flush()

    def add_step(self, taken: TakenStep) -> None:
        """Write a step; the primary key refuses a second one of the same number and side."""
        row = {
            "referral_id": taken.referral_id,
            "taken_by": taken.by.value,
            "number": taken.number,
            "step": taken.step.value,
            "code": taken.code,
            "taken_at": taken.taken_at,
            "recorded_at": taken.recorded_at,
            "message_sha256": taken.message_sha256,
        }
        self._session.execute(insert(ReferralStepRow), [row])

    def steps(self, referral_id: str) -> tuple[TakenStep, ...]:
        """Return the steps of a referral in the order in which they were recorded here."""
        rows = self._session.scalars(select(ReferralStepRow).where(ReferralStepRow.referral_id == referral_id))
        taken = [_step(row) for row in rows]
        ranks = {step: rank for rank, step in enumerate(ReferralStep)}
        return tuple(sorted(taken, key=lambda step: (step.recorded_at, ranks[step.step])))

    def has_step(self, referral_id: str, by: ReferralSide, number: int) -> bool:
        """Return whether a step with this number of a side is known."""
        return self._session.get(ReferralStepRow, (referral_id, by.value, number)) is not None

    def all(
        self, *, side: ReferralSide | None = None, open_only: bool = False, person_ref: str | None = None
    ) -> tuple[Referral, ...]:
        """Return referrals, the most recently changed first."""
        query = select(ReferralRow).order_by(ReferralRow.changed_at.desc(), ReferralRow.referral_id)
        if side is not None:
            query = query.where(ReferralRow.side == side.value)
        if open_only:
            query = query.where(ReferralRow.state.in_(_open()))
        if person_ref is not None:
            query = query.where(ReferralRow.person_ref == person_ref)
        return tuple(self._read(query))

    def resting_on(self, consent_id: str) -> tuple[Referral, ...]:
        """Return the open referrals that this entity sent under a consent, locked until the transaction ends."""
        query = select(ReferralRow).where(
            ReferralRow.consent_id == consent_id,
            ReferralRow.side == ReferralSide.SENDER.value,
            ReferralRow.state.in_(_open()),
        )
        return tuple(self._read(query.with_for_update()))

    def new_from(self, peer: str, since: datetime) -> int:
        """Return the number of referrals that an entity has begun here since a moment."""
        begun = (ReferralRow.peer == peer, ReferralRow.side == ReferralSide.RECEIVER.value)
        found = select(func.count()).select_from(ReferralRow).where(*begun, ReferralRow.created_at > since)
        return self._session.scalar(found) or 0

    def unanswered(self, deadline: datetime) -> tuple[Referral, ...]:
        """Return the referrals sent from here whose time to answer ended before `deadline` without an answer."""
        states = [ReferralState.SENT.value, ReferralState.RECEIVED.value]
        query = select(ReferralRow).where(
            ReferralRow.side == ReferralSide.SENDER.value,
            ReferralRow.state.in_(states),
            ReferralRow.answer_by < deadline,
        )
        return tuple(self._read(query.with_for_update()))

    def about(self, person_ref: str, subjects: Collection[str]) -> tuple[Referral, ...]:
        """Return the referrals of a person: those that name them, and those that came under one of their pseudonyms."""
        query = select(ReferralRow).where(
            or_(ReferralRow.person_ref == person_ref, ReferralRow.subject.in_(sorted(subjects)))
        )
        return tuple(self._read(query))

    def forget_person(self, person_ref: str, subjects: Collection[str]) -> None:
        """Remove a person from their referrals and delete their imported summaries: part of erasing the person."""
        chosen = [referral.referral_id for referral in self.about(person_ref, subjects)]
        for first in range(0, len(chosen), _CHUNK):
            self._session.execute(
                update(ReferralRow)
                .where(ReferralRow.referral_id.in_(chosen[first : first + _CHUNK]))
                .values(person_ref=None, subject=None, need=None)
            )
        self._session.execute(delete(ImportedSummaryRow).where(ImportedSummaryRow.person_ref == person_ref))
        self._session.flush()

    def _read(self, query: Select[ReferralRow]) -> list[Referral]:
        # Rows may have been read earlier in this session, before another process changed them.
        return [_referral(row) for row in self._session.scalars(query.execution_options(populate_existing=True))]


def _open() -> Sequence[str]:
    return sorted(state.value for state in OPEN)


def _referral(row: ReferralRow) -> Referral:
    values = {name: getattr(row, name) for name in Referral.__slots__}
    return Referral(**values | {"side": ReferralSide(row.side), "state": ReferralState(row.state)})


def _step(row: ReferralStepRow) -> TakenStep:
    return TakenStep(
        referral_id=row.referral_id,
        by=ReferralSide(row.taken_by),
        number=row.number,
        step=ReferralStep(row.step),
        code=row.code,
        taken_at=row.taken_at,
        recorded_at=row.recorded_at,
        message_sha256=row.message_sha256,
    )
