"""The asker's side of a fetch: sign a request for each holder, ask in parallel, verify, log, and collect the answers.

A holder that refuses, fails or lies does not affect the answers of the others: the result has a reply for each.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from consent_ledger.log.bodies import ReleaseReceivedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.consents.errors import RecipientNotAllowed
from node.context import NodeContext
from node.doubts.checking import Traits, traits_of
from node.fetch.cached_copies import CopyOwner, keep_received
from node.ledger.own import own_ledger
from node.ledger.peers import KnownLedger, PeerLedgers, Prove, ShownCheckpoint, Sighting
from node.people.documents import Document
from node.people.errors import PersonUnknown
from node.people.linking import pairwise_key
from node.people.lookup import PersonLookup
from node.people.store import people_store
from policies.access_documents import policy_sha256
from policies.case_access import AccessGained
from policies.catalogue import load_catalogue
from policies.errors import RedpactError
from policies.vocabulary import load_vocabulary
from presentation.messages import _
from records_exchange import request as requests
from records_exchange.answer import AnswerOutcome, FetchAnswer
from records_exchange.request import Question, opened_by_default
from records_exchange.verification import SentRequest, VerifiedAnswer, open_answer
from service.errors import PeerUnreachable
from trust.directory import Directory
from trust.parties import Party, ledger_origin
from trust.signing import Envelope

MAX_HOLDERS: Final = 50
_IN_PARALLEL: Final = 16


@dataclass(frozen=True, slots=True)
class HolderReply:
    """The result of asking one holder: a verified answer, or an error."""

    holder: Party
    answer: FetchAnswer | None = None
    error: RedpactError | None = None

    @property
    def released(self) -> bool:
        """True when the holder shared anything."""
        return self.answer is not None and self.answer.outcome is AnswerOutcome.RELEASED


@dataclass(frozen=True, slots=True)
class Fetched:
    """The result of a fetch; replies are in the order in which the holders were named."""

    question: Question
    replies: tuple[HolderReply, ...]
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question about a person, with what their check values are made of."""

    document: Document
    question: Question
    traits: Traits | None


@dataclass(frozen=True, slots=True)
class _Call:
    """A holder with the request for it, or the error that prevents one."""

    holder: Party
    sent: SentRequest | None = None
    error: RedpactError | None = None
    known: KnownLedger = KnownLedger()  # noqa: RUF009 - frozen
    """The holder's ledger as this entity remembers it; its sizes are in the request."""


@dataclass(frozen=True, slots=True)
class _Answered:
    """A verified answer with the checkpoint that it showed."""

    verified: VerifiedAnswer
    sighting: Sighting


Send = Callable[[Party, Envelope], Envelope]
"""Sends a signed request to a holder and returns the unverified answer."""


class Asking:
    """Asks other entities in this entity's name. Safe to call from several threads."""

    def __init__(
        self, context: NodeContext, peer_ledgers: PeerLedgers, send: Send, *, prove: Prove | None = None
    ) -> None:
        self._context = context
        self._peer_ledgers = peer_ledgers
        self._send = send
        self._prove = prove or _no_proof

    def fetch(self, document: Document, question: Question, holders: Sequence[str]) -> Fetched:
        """Look a person up and ask each holder for what it may share of them; see `ask`.

        Raises:
            RedpactError: as `ask`.
        """
        return self.ask(PersonLookup(document), question, holders)

    def ask(self, lookup: PersonLookup, question: Question, holders: Sequence[str]) -> Fetched:
        """Ask each holder for what it may share of a person.

        Every verified answer is in this entity's ledger when this returns.

        Args:
            lookup: of the person, whose document is not sent, see `records_exchange.linkage`.
            question: purpose, fields, role and case.
            holders: entity ids.

        Raises:
            UnknownTerm: the vocabulary has no such purpose, role or field; nothing was sent.
            UnknownParty: the directory lists no such holder; nothing was sent.
            RequestInvalid: the question has no valid form; nothing was sent.
            DirectoryExpired: the directory of this node is past its expiry; nothing was sent.
            PersonDeceased, PersonUnassigned: nothing is asked about such a person.
        """
        now = self._context.clock.now()
        directory = self._context.directory.current(now)
        _require_known_terms(question)
        asked = _Asked(lookup.document, question, self._traits(lookup))
        calls = [self._prepare(directory, holder, asked, now) for holder in dict.fromkeys(holders)]
        outcomes = self._ask_all(calls)
        self._log(lookup, [answered for answered in outcomes if isinstance(answered, _Answered)], question)
        replies = tuple(_reply(call, outcome) for call, outcome in zip(calls, outcomes, strict=True))
        return Fetched(question, replies, now)

    def _traits(self, lookup: PersonLookup) -> Traits | None:
        """Return what the person's check values are made of; None when this entity does not hold them.

        Raises:
            PersonDeceased, PersonUnassigned: nothing is asked about such a person.
        """
        with self._context.snapshot() as session:
            people = people_store(self._context, session)
            person = lookup.person_id(people)
            if person is not None:
                people.standing.of(person).require_open()
            try:
                return traits_of(people, person) if person else None
            except PersonUnknown:  # erased since the look-up
                return None

    def _prepare(self, directory: Directory, holder_id: str, asked: "_Asked", now: datetime) -> _Call:
        document, question = asked.document, asked.question
        context, settings = self._context, self._context.settings
        holder = directory.party(holder_id)
        if holder_id == settings.entity:
            raise RecipientNotAllowed(_("es la propia entidad"), remedy=_("use: redpact-node records show"))
        try:
            holder = directory.active_party(holder_id)
            key = pairwise_key(context, holder)
        except RedpactError as error:
            return _Call(holder, error=error)
        subject = key.pseudonym(document.kind.value, document.number)
        known = self._peer_ledgers.known(ledger_origin(settings.network, holder_id))
        request = requests.build_request(
            question,
            asker=settings.entity,
            holder=holder_id,
            subject=subject,
            now=now,
            seen_sizes=known.sizes,
            identity=asked.traits.check(key) if asked.traits else None,
        )
        return _Call(holder, SentRequest(request, requests.seal_request(request, context.keys.signing)), known=known)

    def _ask_all(self, calls: Sequence[_Call]) -> list[_Answered | RedpactError]:
        if len(calls) == 1:
            return [self._ask(calls[0])]
        with ThreadPoolExecutor(min(len(calls), _IN_PARALLEL) or 1, thread_name_prefix="fetch") as pool:
            return list(pool.map(self._ask, calls))

    def _ask(self, call: _Call) -> _Answered | RedpactError:
        if call.sent is None:
            return call.error or RedpactError(_("no hay nada que enviar"))
        try:
            received = self._send(call.holder, call.sent.envelope)
            verified = open_answer(
                received,
                call.sent,
                holder=call.holder,
                origin=ledger_origin(self._context.settings.network, call.holder.id),
                values=load_catalogue(),
                now=self._context.clock.now(),
            )
            shown = ShownCheckpoint(
                verified.checkpoint, verified.answer.ledger.checkpoint.encode(), verified.consistency
            )
            sighting = self._peer_ledgers.compare(call.holder, shown, call.known, self._prove)
            return _Answered(verified, sighting)
        except RedpactError as error:
            return error

    def _log(self, lookup: PersonLookup, answers: Sequence[_Answered], question: Question) -> None:
        if answers:
            log = partial(self._write, lookup=lookup, answers=answers, question=question)
            self._peer_ledgers.learn(self._context.commits.run(log))

    def _write(
        self, session: Session, *, lookup: PersonLookup, answers: Sequence[_Answered], question: Question
    ) -> dict[str, KnownLedger]:
        # Read inside the queue of commits, so that the ledger's times do not go backwards.
        now = self._context.clock.now()
        owner = self._owner(session, lookup)
        person = owner.person_id if owner else None
        entries = [
            NewEntry(EntryType.RELEASE_RECEIVED, _received_body(answered.verified, question, person))
            for answered in answers
        ]
        known = self._peer_ledgers.remember(session, [answered.sighting for answered in answers])
        logged = own_ledger(self._context, session).append(entries, now)
        kept = {entry.index: answered.verified.answer for entry, answered in zip(logged, answers, strict=True)}
        keep_received(self._context, session, kept, question, owner)
        return known

    def _owner(self, session: Session, lookup: PersonLookup) -> CopyOwner | None:
        people = people_store(self._context, session)
        person = lookup.person_id(people)
        try:
            return CopyOwner(person, people.cipher_of(person)) if person else None
        except PersonUnknown:  # erased since the look-up: nothing new may name them
            return None


def question_of(
    context: NodeContext,
    purpose: str,
    *,
    fields: Sequence[str] = (),
    role: str = "",
    case_ref: str = "",
    access: AccessGained | None = None,
    professional: str = "",
) -> Question:
    """Return a question in the terms of the vocabulary, with defaults for the parts left out.

    Args:
        context: of the asking entity.
        purpose: vocabulary id.
        fields: catalogue ids or groups of them; empty for the minimum summary.
        role: vocabulary id; empty for the usual one of this kind of entity.
        case_ref: the asker's own reference; empty for none.
        access: how the professional came to the case, see `node.care.access`; opened for the default reason when None.
        professional: the entity's reference of the professional; for its own ledger only.

    Raises:
        UnknownTerm: an unknown purpose, field or role, or a kind of entity that sees no records.
    """
    vocabulary, catalogue = load_vocabulary(), load_catalogue()
    if not role:
        settings = context.settings
        own = context.directory.current(context.clock.now()).party(settings.entity)
        role = vocabulary.default_role(own.kind).id
    chosen = catalogue.select(fields) if fields else tuple(spec.id for spec in catalogue.minimum())
    return Question(
        vocabulary.exchange_purpose(purpose).id,
        chosen,
        vocabulary.role(role).id,
        case_ref or None,
        access or opened_by_default(),
        professional or None,
    )


def _require_known_terms(question: Question) -> None:
    vocabulary, catalogue = load_vocabulary(), load_catalogue()
    vocabulary.exchange_purpose(question.purpose)
    vocabulary.role(question.role)
    for field in question.fields:
        catalogue.field(field)


def _no_proof(holder: Party, _old: int, _new: int) -> tuple[bytes, ...]:
    raise PeerUnreachable(
        _("aquí no se pueden pedir pruebas a {holder}", holder=holder.id), remedy=_("no hace falta hacer nada")
    )


def _reply(call: _Call, outcome: _Answered | RedpactError) -> HolderReply:
    if isinstance(outcome, _Answered):
        return HolderReply(call.holder, answer=outcome.verified.answer)
    return HolderReply(call.holder, error=outcome)


def _received_body(verified: VerifiedAnswer, question: Question, person: str | None) -> ReleaseReceivedBody:
    answer = verified.answer
    # Validated as one document, in a fraction of the time of its parts.
    document = {
        "request_id": answer.request_id,
        "request_sha256": answer.request_sha256,
        "holder": answer.holder,
        "purpose": question.purpose,
        "role": question.role,
        "outcome": answer.outcome,
        "fields": [field.id for field in answer.fields],
        "withheld": [{"field": field.id, "reason": field.reason} for field in answer.withheld],
        "person_ref": person,
        "case_ref": question.case_ref,
        "case_access": question.access.how.value,
        "opening_reason": question.access.reason,
        "professional": question.professional,
        "policy_sha256": policy_sha256(),
        "answer_sha256": verified.sha256,
        "holder_origin": answer.ledger.origin,
        "holder_index": answer.ledger.index,
        "holder_leaf_hash": verified.leaf_hash,
    }
    return ReleaseReceivedBody.model_validate(document)
