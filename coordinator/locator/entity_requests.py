"""Answers to entities' requests to the locator, behind the wire.

Every request passes these steps, in this order:

(1) the caller is an active entity of the network, and not a collaborator;
(2) the request is signed by it, in its own name, and fresh;
(3) its epoch is answered;
(4) it is no replay, its quota is not used up, and it is recorded durably before the reply leaves;
(5) the answer: evaluated points with their proof, or the holders of the caller's own token, in constant size.

Publications pass (1) to (3) only: they are no questions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeVar

from sqlalchemy.orm import Session

from coordinator.context import CoordinatorContext
from coordinator.locator.epochs import EpochRegister
from coordinator.locator.errors import LocatorFull, LocatorNotForCollaborators, LocatorQuotaExceeded
from coordinator.locator.keys import LocatorKeys
from coordinator.locator.query_log import Query, QueryKind, QueryLog
from coordinator.locator.quotas import Quota
from coordinator.locator.store import SqlLocatorStore
from coordinator.registry import OpenRegistry
from presentation.messages import _
from records_exchange import oprf
from records_exchange.errors import LocatorMessageMalformed, OprfValueInvalid
from records_exchange.locator_messages import (
    EvaluationRequest,
    LocatorQuestion,
    Publication,
    Request,
    open_message,
    points_digest,
    seal_locator_answer,
)
from trust.parties import EntityKind, Party
from trust.signing import Envelope

MAX_ENTRIES_PER_HOLDER: Final = 500_000
"""A holder of a whole province's people, with several consents each, stays below it."""

_Result = TypeVar("_Result", str, tuple[str, ...])


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Evaluated points in the order of the request, the proof over them, and the rest of the quota."""

    points: tuple[bytes, ...]
    proof: bytes
    remaining: int


class LocatorRequests:
    """Answers requests to the locator. Safe to call from several threads."""

    def __init__(self, context: CoordinatorContext, keys: LocatorKeys, open_registry: OpenRegistry) -> None:
        self._context = context
        self._keys = keys
        self._open_registry = open_registry
        self._now = context.clock.now

    def evaluate(self, caller: str, envelope: Envelope, points: Sequence[bytes]) -> Evaluated:
        """Evaluate blinded points under the key of an epoch.

        Raises:
            UnknownParty, PartySuspended, LocatorNotForCollaborators: (1).
            SignatureInvalid, LocatorMessageMalformed, RequestMisaddressed, RequestStale: (2).
            OprfValueInvalid: a point is no element of the group; nothing was counted.
            LocatorEpochUnknown: (3).
            RequestReplayed, LocatorQuotaExceeded: (4).
            LocatorKeyDamaged: the key of the epoch is missing or not the published one.
        """
        now = self._now()
        request = self._opened(envelope, EvaluationRequest, caller, now)
        if request.count != len(points) or request.points_sha256 != points_digest(points):
            raise LocatorMessageMalformed(
                _("los puntos recibidos no son los que se firmaron"), remedy=_("repita la petición")
            )
        if not all(map(oprf.is_element, points)):
            raise OprfValueInvalid(_("un punto no es un elemento del grupo, o es el elemento neutro"))
        query = Query(caller, QueryKind.EVALUATE, len(points), envelope)
        public_key, remaining = self._counted(query, partial(self._public_key, epoch=request.epoch, now=now))
        evaluated, proof = oprf.evaluate_proved(self._keys.require(request.epoch, public_key), points)
        return Evaluated(evaluated, proof, remaining)

    def find(self, caller: str, envelope: Envelope) -> Envelope:
        """Return the signed answer: the holders of the caller's token for its purpose.

        Raises:
            UnknownParty, PartySuspended, LocatorNotForCollaborators: (1).
            SignatureInvalid, LocatorMessageMalformed, RequestMisaddressed, RequestStale: (2).
            LocatorEpochUnknown: (3).
            RequestReplayed, LocatorQuotaExceeded: (4).
        """
        now = self._now()
        question = self._opened(envelope, LocatorQuestion, caller, now)
        query = Query(caller, QueryKind.FIND, 1, envelope)
        holders, _ = self._counted(query, partial(self._holders, question=question, now=now))
        return seal_locator_answer(envelope, holders, now, self._context.keys.signing)

    def publish(self, caller: str, envelope: Envelope) -> None:
        """Add and remove entries of the caller; durable when this returns.

        Raises:
            UnknownParty, PartySuspended, LocatorNotForCollaborators: (1).
            SignatureInvalid, LocatorMessageMalformed, RequestMisaddressed, RequestStale: (2).
            LocatorEpochUnknown: (3).
            LocatorFull: more entries than the locator keeps of one entity.
        """
        now = self._now()
        publication = self._opened(envelope, Publication, caller, now)
        self._context.commits.run(partial(self._change, publication=publication, now=now))

    def published(self, caller: str, epoch: int, after: bytes) -> tuple[tuple[bytes, datetime], ...]:
        """Return a page of the caller's own entries: token and end, in the order of their tokens.

        Raises:
            UnknownParty, PartySuspended, LocatorNotForCollaborators: (1).
        """
        with self._context.snapshot() as session:
            self._admitted(session, caller)
            return SqlLocatorStore(session).listed(caller, epoch, after)

    def _opened(self, envelope: Envelope, kind: type[Request], caller: str, now: datetime) -> Request:
        # (1) an active entity that may see records
        with self._context.snapshot() as session:
            party = self._admitted(session, caller)
        # (2) signed by it, in its own name, now
        return open_message(envelope, kind, caller=caller, signing_key=party.signing_key, now=now)

    def _admitted(self, session: Session, caller: str) -> Party:
        party = self._open_registry(session).active_party(caller)
        if party.kind is EntityKind.COLLABORATOR:
            raise LocatorNotForCollaborators(
                _("{caller} es una entidad colaboradora", caller=caller), remedy=_("no hay que hacer nada")
            )
        return party

    def _counted(self, query: Query, work: Callable[[Session], _Result]) -> tuple[_Result, int]:
        """Do (3) to (5) in one durable unit; return the answer and the rest of the quota."""
        outcome = self._context.commits.run(partial(self._count, query=query, work=work))
        if isinstance(outcome, LocatorQuotaExceeded):  # returned and not raised, so that its record is committed
            raise outcome
        return outcome

    def _count(
        self, session: Session, *, query: Query, work: Callable[[Session], _Result]
    ) -> tuple[_Result, int] | LocatorQuotaExceeded:
        log, quota = QueryLog(session), Quota.of(self._context.settings, query.kind)
        now = self._now()
        left = quota.left(log.used(query.entity, query.kind, now))
        if query.amount > left:
            log.note_refusal(query, now)
            return quota.exceeded(query.entity, query.kind)
        result = work(session)
        log.add(query, now, found=bool(result) if query.kind is QueryKind.FIND else None)
        return result, left - query.amount

    def _public_key(self, session: Session, *, epoch: int, now: datetime) -> str:
        return EpochRegister(session, self._keys).live(epoch, now).keys[0].public_key

    def _holders(self, session: Session, *, question: LocatorQuestion, now: datetime) -> tuple[str, ...]:
        EpochRegister(session, self._keys).live(question.epoch, now)
        store = SqlLocatorStore(session)
        return store.find(question.epoch, question.token, question.entity, question.purpose, now)

    def _change(self, session: Session, *, publication: Publication, now: datetime) -> None:
        EpochRegister(session, self._keys).live(publication.epoch, now)
        store, holder = SqlLocatorStore(session), publication.entity
        store.remove(holder, publication.epoch, publication.remove)
        store.put(holder, publication.epoch, publication.add)
        if publication.add and store.count(holder, publication.epoch) > MAX_ENTRIES_PER_HOLDER:
            raise LocatorFull(
                _(
                    "{holder} tendría más de las {max_entries_per_holder} entradas permitidas",
                    holder=holder,
                    max_entries_per_holder=MAX_ENTRIES_PER_HOLDER,
                ),
                remedy=_("consulte a quien administra el coordinador"),
            )
