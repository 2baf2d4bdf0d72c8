"""Tables of the exchange: requests, messages, contacts, linkage, copies. None holds a document, a name or a value."""

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, LargeBinary, PrimaryKeyConstraint, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from service.columns import RowNumber, UtcDateTime


class Base(DeclarativeBase):
    """The metadata of this package."""


class SeenRequest(Base):
    """A request that was accepted once; kept until it is not fresh any more."""

    __tablename__ = "exchange_seen_request"
    __table_args__ = (
        PrimaryKeyConstraint("asker", "nonce", name="pk_exchange_seen_request"),
        Index("ix_exchange_seen_request_forget_at", "forget_at"),
        {"sqlite_with_rowid": False},
    )

    asker: Mapped[str] = mapped_column(String(63))
    nonce: Mapped[str] = mapped_column(String(32))
    forget_at: Mapped[datetime] = mapped_column(UtcDateTime)


class LinkedPerson(Base):
    """A person's pseudonym under one pairwise key, for finding the person of a request.

    The node gives the pseudonym as a keyed hash (`node.cipher`), and a tag that binds the row to its person.
    """

    __tablename__ = "exchange_linked_person"
    __table_args__ = (
        PrimaryKeyConstraint("key_id", "pseudonym", name="pk_exchange_linked_person"),
        Index("ix_exchange_linked_person_person_ref", "person_ref"),
    )

    key_id: Mapped[str] = mapped_column(String(16))
    pseudonym: Mapped[str] = mapped_column(String(64))
    person_ref: Mapped[str] = mapped_column(String(64))
    tag: Mapped[bytes] = mapped_column(LargeBinary(16))


class LinkageState(Base):
    """The stamp of the people table at the time of the index of a pairwise key."""

    __tablename__ = "exchange_linkage_state"
    __table_args__ = (PrimaryKeyConstraint("key_id", name="pk_exchange_linkage_state"),)

    key_id: Mapped[str] = mapped_column(String(16))
    stamp: Mapped[str] = mapped_column(String(100))


class InboxMessage(Base):
    """A handled message: a repetition gets the same reply and has no effect."""

    __tablename__ = "exchange_inbox"
    __table_args__ = (
        PrimaryKeyConstraint("sender", "message_id", name="pk_exchange_inbox"),
        Index("ix_exchange_inbox_forget_at", "forget_at"),
    )

    sender: Mapped[str] = mapped_column(String(63))
    message_id: Mapped[str] = mapped_column(String(32))
    sha256: Mapped[str] = mapped_column(String(64))
    reply: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The signed reply to a notification; None for a question, which is not answered twice."""
    forget_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OutboxMessage(Base):
    """A notification to one entity, kept until that entity acknowledged it with its signature."""

    __tablename__ = "exchange_outbox"
    __table_args__ = (
        PrimaryKeyConstraint("number", name="pk_exchange_outbox"),
        Index("ix_exchange_outbox_due", "state", "next_at"),
        Index("ix_exchange_outbox_reference", "reference"),
        Index("ix_exchange_outbox_person_ref", "person_ref"),
    )

    number: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(63))
    reference: Mapped[str] = mapped_column(String(100))
    """The id of the consent, or of the referral, that it is about."""
    person_ref: Mapped[str | None] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    """JSON from which the kind composes the message, without name, document or value."""
    state: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer)
    envelope: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The signed message once composed: the same bytes go out at every attempt."""
    fault: Mapped[str] = mapped_column(String(100))
    may_have_arrived: Mapped[bool] = mapped_column(Boolean)
    """True once an attempt left without a failure to connect: its recipient may have it."""
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reply: Mapped[bytes | None] = mapped_column(LargeBinary)


class PeerContact(Base):
    """The last message of a peer, and the time up to which it states that no notification for us is waiting."""

    __tablename__ = "exchange_peer_contact"
    __table_args__ = (PrimaryKeyConstraint("entity", name="pk_exchange_peer_contact"),)

    entity: Mapped[str] = mapped_column(String(63))
    heard_at: Mapped[datetime] = mapped_column(UtcDateTime)
    complete_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    tag: Mapped[bytes] = mapped_column(LargeBinary(16))
    """Under a key of this entity, over the row: see `records_exchange.contacts`."""


class ConsentCopy(Base):
    """The proof of a consent that was propagated here, as its origin sent it.

    While the subject is unknown here, it waits; the consent takes effect when the person becomes known.
    """

    __tablename__ = "exchange_consent_copy"
    __table_args__ = (
        PrimaryKeyConstraint("sender", "consent_id", name="pk_exchange_consent_copy"),
        Index("ix_exchange_consent_copy_waiting", "waiting"),
    )

    sender: Mapped[str] = mapped_column(String(63))
    consent_id: Mapped[str] = mapped_column(String(100))
    entry_index: Mapped[int] = mapped_column(RowNumber)
    """Index in the origin's ledger: a later one replaces an earlier one."""
    proof: Mapped[bytes] = mapped_column(LargeBinary)
    subject: Mapped[str] = mapped_column(String(64))
    """The pairwise pseudonym of its person, as a keyed hash."""
    waiting: Mapped[bool]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """The time of the origin's message, which may have taken days."""
    evidence: Mapped[bytes | None] = mapped_column(LargeBinary)
    """While it waits: the evidence that came with it, papers still sealed to this entity."""


class CopyArrival(Base):
    """A consent that came from another entity, counted for the limits of that entity and its alarm."""

    __tablename__ = "exchange_copy_arrival"
    __table_args__ = (
        PrimaryKeyConstraint("number", name="pk_exchange_copy_arrival"),
        Index("ix_exchange_copy_arrival_origin", "origin", "arrived_at"),
        Index("ix_exchange_copy_arrival_subject", "subject"),
    )

    number: Mapped[int] = mapped_column(RowNumber, autoincrement=True)
    origin: Mapped[str] = mapped_column(String(63))
    subject: Mapped[str] = mapped_column(String(64))
    """As that of a kept copy."""
    outcome: Mapped[str] = mapped_column(String(20))
    """What its evidence was worth on arrival: `records_exchange.assurance.arrivals.Arrival`."""
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HolderDecision(Base):
    """A holder's answer about a consent given here: a professional there confirmed or declined it."""

    __tablename__ = "exchange_holder_decision"
    __table_args__ = (PrimaryKeyConstraint("consent_id", "holder", name="pk_exchange_holder_decision"),)

    consent_id: Mapped[str] = mapped_column(String(100))
    holder: Mapped[str] = mapped_column(String(63))
    entry_index: Mapped[int] = mapped_column(RowNumber)
    """The version decided on, by its entry in our ledger."""
    outcome: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(60))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReportedEnd(Base):
    """The word of an entity that a consent ended; it bars a copy that comes later, and is passed on with it."""

    __tablename__ = "exchange_ended_consent"
    __table_args__ = (
        PrimaryKeyConstraint("consent_id", "stated_by", "meaning", name="pk_exchange_ended_consent"),
        Index("ix_exchange_ended_consent_stated_by", "stated_by", "unknown", "told_at"),
        Index("ix_exchange_ended_consent_expires_at", "expires_at"),
    )

    consent_id: Mapped[str] = mapped_column(String(100))
    stated_by: Mapped[str] = mapped_column(String(63))
    """The entity that signed for it."""
    meaning: Mapped[str] = mapped_column(String(20))
    told_by: Mapped[str] = mapped_column(String(63))
    """The entity that brought it first."""
    acted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    acted_by: Mapped[str] = mapped_column(String(20))
    statement: Mapped[bytes | None] = mapped_column(LargeBinary)
    unknown: Mapped[bool]
    """True while nothing is known here of the consent: it counts towards the quota of the entity that signed."""
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReleaseMade(Base):
    """A recipient under a consent, which a withdrawal must reach."""

    __tablename__ = "exchange_release_made"
    __table_args__ = (PrimaryKeyConstraint("consent_id", "recipient", name="pk_exchange_release_made"),)

    consent_id: Mapped[str] = mapped_column(String(100))
    recipient: Mapped[str] = mapped_column(String(63))


class ReceivedRelease(Base):
    """A release to us: its person, and the time until which a sealed copy may be shown again.

    Every fetch writes one: with a growing key, only the end of the table changes on disk.
    """

    __tablename__ = "exchange_received"
    __table_args__ = (
        PrimaryKeyConstraint("entry_index", name="pk_exchange_received"),
        Index("ix_exchange_received_person_ref", "person_ref"),
        Index("ix_exchange_received_forget_at", "forget_at"),
    )

    entry_index: Mapped[int] = mapped_column(RowNumber, autoincrement=False)
    """Index of the release's entry in our ledger; below zero for releases before this column."""
    request_id: Mapped[str] = mapped_column(String(32))
    holder: Mapped[str] = mapped_column(String(63))
    purpose: Mapped[str] = mapped_column(String(64))
    person_ref: Mapped[str | None] = mapped_column(String(64))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The signed answer, sealed with the person's key; None when the person has no record here."""
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    forget_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ReceivedUnder(Base):
    """A consent under which a release was received."""

    __tablename__ = "exchange_received_under"
    __table_args__ = (
        PrimaryKeyConstraint("consent_id", "entry_index", name="pk_exchange_received_under"),
        {"sqlite_with_rowid": False},
    )

    consent_id: Mapped[str] = mapped_column(String(100))
    entry_index: Mapped[int] = mapped_column(RowNumber, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(63))
