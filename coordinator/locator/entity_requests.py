"""Answers to entities' requests to the locator, behind the wire.

Requests to evaluate pass the steps of `records_exchange.key_holding.evaluations`. Questions pass the same ones, and are
answered with the holders of the caller's own token, in constant size. Publications pass (1) to (3) only: they are no
questions.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy.orm import Session

from coordinator.context import CoordinatorContext
from coordinator.locator.epochs import EpochRegister
from coordinator.locator.errors import LocatorFull
from coordinator.locator.holders import KeyHolders
from coordinator.locator.keys import LocatorKeys
from coordinator.locator.quotas import quota_of
from coordinator.locator.store import SqlLocatorStore
from coordinator.registry import OpenRegistry
from presentation.messages import _
from records_exchange import oprf
from records_exchange.key_holding.counted_requests import CountedRequests
from records_exchange.key_holding.evaluations import Evaluated, Evaluations, admitted
from records_exchange.key_holding.query_log import Query, QueryKind
from records_exchange.locator_messages import (
    LocatorQuestion,
    Publication,
    Request,
    open_message,
    seal_locator_answer,
)
from trust.locator_terms import KeyStatementRecord
from trust.parties import Party
from trust.signing import Envelope

MAX_ENTRIES_PER_HOLDER: Final = 500_000
"""A holder of a whole province's people, with several consents each, stays below it."""


class CoordinatorEvaluationKeys:
    """The coordinator's own keys, by epoch."""

    def __init__(self, keys: LocatorKeys) -> None:
        self._keys = keys

    def public_key(self, session: Session, epoch: int, now: datetime) -> str:
        """Return the coordinator's key of an epoch that is answered now.

        Raises:
            LocatorEpochUnknown: it is not.
        """
        return EpochRegister(session, self._keys).require_live(epoch, now)

    def pair(self, epoch: int, public_key: str) -> oprf.KeyPair:
        """Return the private key that belongs to it.

        Raises:
            LocatorKeyDamaged: missing, or another one.
        """
        return self._keys.require(epoch, public_key)


class LocatorRequests:
    """Answers requests to the locator. Safe to call from several threads."""

    def __init__(self, context: CoordinatorContext, keys: LocatorKeys, open_registry: OpenRegistry) -> None:
        self._context = context
        self._keys = keys
        self._open_registry = open_registry
        self._now = context.clock.now
        self._counted = CountedRequests(lambda: context.commits, partial(quota_of, context.settings), self._now)
        self._evaluations = Evaluations(self._party, CoordinatorEvaluationKeys(keys), self._counted)

    def evaluate(self, caller: str, envelope: Envelope, points: Sequence[bytes]) -> Evaluated:
        """Evaluate blinded points under the coordinator's key of an epoch.

        Raises:
            RedpactError: as `Evaluations.evaluate`.
        """
        return self._evaluations.evaluate(caller, envelope, points)

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
        holders, _ = self._counted.run(query, partial(self._holders, question=question, now=now))
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

    def offer_key(self, caller: str, record: KeyStatementRecord) -> bool:
        """Keep the key of pseudonyms that an entity offers, and return whether it is a chosen key holder.

        Raises:
            UnknownParty, PartySuspended: the caller is no active entity.
            HeldKeyUnproven, KeyOfferRefused: see `KeyHolders.take_offer`.
        """
        network, now = self._context.settings.network, self._now()
        with self._context.transaction() as session:
            party = self._open_registry(session).active_party(caller)
            return KeyHolders(session).take_offer(party, record, network, now)

    def _opened(self, envelope: Envelope, kind: type[Request], caller: str, now: datetime) -> Request:
        # (1) an active entity that may see records
        with self._context.snapshot() as session:
            party = self._admitted(session, caller)
        # (2) signed by it, in its own name, now
        return open_message(envelope, kind, caller=caller, signing_key=party.signing_key, now=now)

    def _party(self, caller: str) -> Party:
        with self._context.snapshot() as session:
            return self._open_registry(session).active_party(caller)

    def _admitted(self, session: Session, caller: str) -> Party:
        return admitted(self._open_registry(session).active_party(caller))

    def _holders(self, session: Session, *, question: LocatorQuestion, now: datetime) -> tuple[str, ...]:
        EpochRegister(session, self._keys).require_live(question.epoch, now)
        store = SqlLocatorStore(session)
        return store.find(question.epoch, question.token, question.entity, question.purpose, now)

    def _change(self, session: Session, *, publication: Publication, now: datetime) -> None:
        EpochRegister(session, self._keys).require_live(publication.epoch, now)
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
