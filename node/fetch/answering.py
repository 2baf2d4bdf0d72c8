"""The holder's side of a fetch: from a signed request to a signed answer, with a durable ledger entry in between.

The numbers are those of `records_exchange.checks`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from consent_ledger.log.bodies import RefusalBody, ReleaseBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.ledger import ConsentLedger
from node.consents.in_force import InForce
from node.context import NodeContext
from node.doubts.checking import Finding, Told, compare
from node.fetch.even_work import even_out
from node.ledger.own import own_ledger
from node.people.errors import PersonUnknown
from node.people.linking import find_person, pairwise_keys
from node.people.model import FieldValue
from node.people.store import PersonStore, people_store
from policies.reasons import ReasonCode
from records_exchange import answer as answers
from records_exchange import checks
from records_exchange.answer import AnswerOutcome, ConsistencyProof, FetchAnswer, LedgerEvidence
from records_exchange.linkage import PairwiseKey
from records_exchange.store import SqlExchangeStore
from records_exchange.travel_store import SqlTravelStore
from trust.signing import Envelope

if TYPE_CHECKING:
    from policies.access import AccessPolicy

_NOBODY: Final = "nobody"
"""Looked up in place of an unknown person, so that known and unknown people take the same steps."""


Summarise = Callable[[PersonStore, str, Iterable[str], datetime], dict[str, FieldValue]]
"""Returns the values held of a person (by the node's id) for some fields of the shared record, at a time."""


@dataclass(frozen=True, slots=True)
class _Logged:
    """A decision with the values that it releases, and the evidence of its ledger entry."""

    decision: checks.Decision
    values: Mapping[str, FieldValue]
    evidence: LedgerEvidence
    time: datetime


class Answering:
    """Answers the requests of other entities. Safe to call from several threads."""

    def __init__(self, context: NodeContext, summarise: Summarise) -> None:
        self._context = context
        self._summarise = summarise

    @cached_property
    def _policy(self) -> "AccessPolicy":
        from policies.access import AccessPolicy  # noqa: PLC0415 - the Cedar engine loads when first needed

        return AccessPolicy.load()

    def answer(self, envelope: Envelope, caller: str) -> Envelope:
        """Check a request, decide, log, and return the signed answer.

        When this returns, the release or refusal is durably in the ledger (invariant 2).

        Args:
            envelope: the bytes received.
            caller: the entity id in the caller's certificate.

        Raises:
            RedpactError: checks (1) to (4) fail; nothing was changed.
        """
        now = self._context.clock.now()
        directory = self._context.directory.current(now)
        entity = self._context.settings.entity
        # (1) (2) (3) caller, signature, freshness
        verified = checks.open_request(envelope, caller=caller, holder=entity, directory=directory, now=now)
        keys = pairwise_keys(self._context, verified.asker)
        policy = self._policy
        logged = self._context.commits.run(partial(self._decide_and_log, verified=verified, keys=keys, policy=policy))
        return answers.seal_answer(_compose(verified, entity, logged), self._context.keys.signing)

    def _decide_and_log(
        self,
        session: Session,
        *,
        verified: checks.VerifiedRequest,
        keys: Sequence[PairwiseKey],
        policy: "AccessPolicy",
    ) -> _Logged:
        request, context = verified.request, self._context
        now = context.clock.now()  # read inside the queue of commits, so that the ledger's times do not go backwards
        ledger, people, store = own_ledger(context, session), people_store(context, session), SqlExchangeStore(session)
        # (4) never seen before
        store.mark_seen(request.asker, request.nonce, forget_at=verified.forget_at, now=now)
        # (5) a person known here
        person = find_person(people, store, keys, people.cipher.hidden_pseudonym(request.subject))
        # (6) live consents
        judged = InForce(context, session, now)
        live = judged.live(person or _NOBODY, request.purpose, request.asker)
        # (6) (7) which fields may leave
        decision = checks.decide(verified, live if person else (), policy, holder=context.settings.entity)
        # (8) read those, and only those
        found = self._read(people, person, decision, now)
        decision = checks.settle(decision, found)
        identity = None
        if person is not None and decision.refusal is None:
            told = Told(request.asker, request.subject, request.identity, keys)
            identity = compare(context, people, person, told, now)
            if identity is Finding.DOUBT:
                decision = checks.doubted(decision)
        # (9) in the ledger before the reply leaves, and on the list of recipients that a withdrawal must reach
        if decision.refusal is None:
            SqlTravelStore(session).note_release(decision.consent_ids, request.asker)
        else:
            even_out(context, session, judged, person or _NOBODY, now)
        entry = _entry(verified, decision, person, identity)
        return _Logged(decision, found, _log(ledger, entry, request.seen_sizes, now), now)

    def _read(
        self, people: PersonStore, person: str | None, decision: checks.Decision, now: datetime
    ) -> dict[str, FieldValue]:
        if person is None or not decision.allowed:
            return {}
        try:
            return self._summarise(people, person, decision.allowed, now)
        except PersonUnknown:  # erased since the index was made
            return {}


def _entry(
    verified: checks.VerifiedRequest, decision: checks.Decision, person: str | None, identity: Finding | None
) -> NewEntry:
    request = verified.request
    common = {
        "request_id": request.id,
        "request_sha256": verified.sha256,
        "recipient": request.asker,
        "purpose": request.purpose,
        "role": request.role,
        "person_ref": person,
        "withheld": _withheld("field", decision),
        "policy_sha256": decision.policy_sha256,
        "case_access": request.case_access.value,
        "opening_reason": request.opening_reason,
    }
    if person is None or decision.refusal is not None:
        reason = decision.refusal or ReasonCode.NOTHING_TO_SHARE
        return NewEntry(EntryType.REFUSAL, RefusalBody.model_validate(common | {"reason": reason}))
    shared = {"fields": decision.allowed, "consents": decision.consent_ids, "case_ref": request.case_ref}
    shared |= {"identity": identity.value if identity else None}
    return NewEntry(EntryType.RELEASE, ReleaseBody.model_validate(common | shared))


def _withheld(name: str, decision: checks.Decision) -> list[dict[str, str]]:
    return [{name: field, "reason": reason} for field, reason in decision.withheld.items()]


def _log(ledger: ConsentLedger, entry: NewEntry, seen_sizes: Sequence[int], now: datetime) -> LedgerEvidence:
    proved = ledger.append_proved(entry, now, seen=seen_sizes)
    appended = proved.appended
    return LedgerEvidence(
        origin=ledger.origin,
        index=appended.index,
        leaf=appended.leaf.decode(),
        checkpoint=appended.checkpoint.decode(),
        proof=_hex(proved.inclusion),
        consistency=tuple(ConsistencyProof(size=size, hashes=_hex(path)) for size, path in proved.extends.items()),
    )


def _hex(hashes: Sequence[bytes]) -> tuple[str, ...]:
    return tuple(each.hex() for each in hashes)


def _compose(verified: checks.VerifiedRequest, holder: str, logged: _Logged) -> FetchAnswer:
    decision = logged.decision
    released = decision.refusal is None
    # Validated as one document, in a fraction of the time of its parts.
    document = {
        "request_id": verified.request.id,
        "request_sha256": verified.sha256,
        "holder": holder,
        "asker": verified.request.asker,
        "outcome": AnswerOutcome.RELEASED if released else AnswerOutcome.REFUSED,
        "reason": decision.refusal,
        "fields": [_released(field, logged.values[field]) for field in decision.allowed] if released else (),
        "consents": decision.consent_ids if released else (),
        "withheld": _withheld("id", decision) if released else (),
        "ledger": logged.evidence,
        "issued": logged.time,
    }
    return FetchAnswer.model_validate(document)


def _released(field: str, held: FieldValue) -> dict[str, object]:
    return {"id": field, "value": held.value, "recorded_at": held.recorded_at}
