"""A peer that speaks the real protocol with its own keys and ledger, and can be told to lie.

As a holder it answers whatever it is asked with the values it was given, and as a recipient it acknowledges whatever it
is told; `change_answer`, `change_reply` and `change_envelope` are where it cheats. As an asker or sender it makes
requests and messages that are right but for one thing. How it is reached: `tests.support.peer_on_the_wire`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from consent_ledger.log.bodies import RefusalBody, ReleaseBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.note import NoteSigner
from records_exchange.answer import (
    AnswerOutcome,
    ConsistencyProof,
    FetchAnswer,
    LedgerEvidence,
    ReleasedField,
    WithheldField,
    seal_answer,
)
from records_exchange.answer import Value as AnswerValue
from records_exchange.message import MESSAGE_TYPE, MessageOutcome, MessageReply, new_message, parse_message, seal_reply
from records_exchange.request import (
    REQUEST_LIFETIME,
    FetchRequest,
    Question,
    build_request,
    parse_request,
    payload_digest,
    seal_request,
)
from records_exchange.verification import SentRequest
from tests.support.memory_stores import InMemoryLedgerStore
from tests.support.parts import keys_of
from trust import canonical
from trust.parties import EntityKind, EntityStatus, Party, ledger_origin
from trust.signing import Ed25519Signer, Envelope, pae, seal

NETWORK = "test.example"
SUBJECT = "5a" * 32


@dataclass
class SimulatedPeer:
    """One entity outside our control."""

    entity: str
    values: Mapping[str, AnswerValue] = field(default_factory=dict)
    kind: EntityKind = EntityKind.AGENT
    network: str = NETWORK
    refuses: bool = False
    consents: tuple[str, ...] = ()
    """The ids that its answers name as the consents of a release."""
    change_answer: Callable[[FetchAnswer], FetchAnswer] = lambda answer: answer
    change_reply: Callable[[MessageReply], MessageReply] = lambda reply: reply
    change_envelope: Callable[[Envelope], Envelope] = lambda envelope: envelope

    def __post_init__(self) -> None:
        # The same in each test: a directory may not change the keys of an entity that a node knows already.
        keys = keys_of(f"{self.entity}, simulated")
        self.signing, self.exchange = keys.signing, keys.exchange
        self.note = NoteSigner(ledger_origin(self.network, self.entity), keys.ledger)
        self.ledger = ConsentLedger(InMemoryLedgerStore(), self.note)
        self.answered: list[Envelope] = []
        self.told: list[Envelope] = []

    @property
    def party(self) -> Party:
        """What the directory says of it."""
        return Party(
            id=self.entity,
            name=f"Entidad {self.entity}",
            kind=self.kind,
            status=EntityStatus.ACTIVE,
            addresses=("192.0.2.1:1",),
            signing_key=self.signing.public_key.hex(),
            exchange_key=self.exchange.public_key().public_bytes_raw().hex(),
            ledger_vkey=self.note.vkey,
        )

    # ---- as an asker

    def ask(self, holder: str, now: datetime, /, *, subject: str = SUBJECT, **changes: object) -> Envelope:
        """Return a signed request, right but for `changes` to its fields."""
        question = Question("casework", ("person.sex", "work.status"), "entity_technician")
        request = build_request(question, asker=self.entity, holder=holder, subject=subject, now=now)
        changed = FetchRequest.model_validate(request.model_dump() | changes)
        return seal_request(changed, self.signing)

    def ask_for_long(self, holder: str, now: datetime) -> Envelope:
        """Return a request that wants to be valid for longer than allowed."""
        return self.ask(holder, now, expires=now + REQUEST_LIFETIME + timedelta(seconds=1))

    # ---- as a holder

    def answer(self, envelope: Envelope, now: datetime) -> Envelope:
        """Answer as it was told to, honestly or not."""
        request = parse_request(envelope.payload)
        answer = self.change_answer(self._honest(request, payload_digest(envelope), now))
        sealed = self.change_envelope(seal_answer(answer, self.signing))
        self.answered.append(sealed)
        return sealed

    # ---- as a sender and recipient of messages

    def tell(
        self, recipient: str, now: datetime, kind: str, body: Mapping[str, object], /, **changes: object
    ) -> Envelope:
        """Return a signed message, right but for `changes` to its fields."""
        message = new_message(kind, body, sender=self.entity, recipient=recipient, now=now)
        document = message.model_copy(update=changes).model_dump(mode="json", warnings=False)  # also of wrong types
        return seal(MESSAGE_TYPE, canonical.encode(document), self.signing)

    def reply(self, envelope: Envelope, now: datetime) -> Envelope:
        """Acknowledge a message as it was told to, honestly or not."""
        self.told.append(envelope)
        message = parse_message(envelope.payload)
        reply = MessageReply(
            message_id=message.id,
            message_sha256=payload_digest(envelope),
            sender=self.entity,
            recipient=message.sender,
            outcome=MessageOutcome.ACCEPTED,
            issued=now,
        )
        return self.change_envelope(seal_reply(self.change_reply(reply), self.signing))

    def log(self, kind: EntryType, request: FetchRequest, now: datetime, sha256: str = "ab" * 32) -> LedgerEvidence:
        """Write a release or a refusal to its ledger and return the evidence."""
        words = {"request_id": request.id, "request_sha256": sha256, "recipient": request.asker}
        words |= {"purpose": request.purpose, "role": request.role}
        if kind is EntryType.REFUSAL:
            body = RefusalBody.model_validate(words | {"reason": "nothing_to_share"})
            return self._append(NewEntry(kind, body), request.seen_sizes, now)
        more = {"person_ref": "p-1", "fields": request.fields, "consents": ("c-1",), "policy_sha256": "cd" * 32}
        return self._append(NewEntry(kind, ReleaseBody.model_validate(words | more)), request.seen_sizes, now)

    def _append(self, entry: NewEntry, seen: Sequence[int], now: datetime) -> LedgerEvidence:
        (appended,) = self.ledger.append([entry], now)
        proofs = {size: self.ledger.consistency_proof(size) for size in seen if size <= self.ledger.size()}
        return LedgerEvidence(
            origin=self.ledger.origin,
            index=appended.index,
            leaf=appended.leaf.decode(),
            checkpoint=appended.checkpoint.decode(),
            proof=tuple(step.hex() for step in self.ledger.inclusion_proof(appended.index)),
            consistency=tuple(
                ConsistencyProof(size=size, hashes=tuple(step.hex() for step in proof))
                for size, proof in proofs.items()
            ),
        )

    def _honest(self, request: FetchRequest, sha256: str, now: datetime) -> FetchAnswer:
        given = () if self.refuses else tuple(name for name in request.fields if name in self.values)
        missing = () if self.refuses else tuple(name for name in request.fields if name not in self.values)
        kind = EntryType.REFUSAL if self.refuses else EntryType.RELEASE
        return FetchAnswer(
            request_id=request.id,
            request_sha256=sha256,
            holder=self.entity,
            asker=request.asker,
            outcome=AnswerOutcome.REFUSED if self.refuses else AnswerOutcome.RELEASED,
            reason="nothing_to_share" if self.refuses else None,
            fields=tuple(ReleasedField(id=name, value=self.values[name], recorded_at=now) for name in given),
            consents=() if self.refuses else self.consents,
            withheld=tuple(WithheldField(id=name, reason="not_consented") for name in missing),
            ledger=self.log(kind, request, now, sha256),
            issued=now,
        )


def sent(envelope: Envelope) -> SentRequest:
    """Return the asker's own memory of a request."""
    return SentRequest(parse_request(envelope.payload), envelope)


def forged(envelope: Envelope) -> Envelope:
    """Return the envelope signed by somebody else under the same key id."""
    other = Ed25519Signer.generate()
    return replace(envelope, signature=other.sign(pae(envelope.payload_type, envelope.payload)))
