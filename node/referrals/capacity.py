"""Capacity: places and wait for a service, stated by its provider and asked by other entities.

A provider keeps exact figures and answers in bands. A question names no person, so that any entity may ask.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from node.messages.kinds import Kind, Response
from node.referrals.errors import ReferralInvalid
from node.referrals.tables import CapacityRow
from policies.errors import RedpactError
from policies.referrals import WordList, load_referral_words
from presentation.faults import first_fault
from presentation.messages import _
from records_exchange.errors import MessageMalformed, ReplyMalformed
from records_exchange.message import MessageOutcome, VerifiedMessage
from records_exchange.referral import CAPACITY, CapacityAnswer
from records_exchange.request import Term
from service.errors import PeerRefused
from trust.parties import EntityStatus, Party

if TYPE_CHECKING:
    from node.context import NodeContext
    from node.messages.outbox import Outbox

MAX_PLACES: Final = 100_000
MAX_WAIT_DAYS: Final = 3650
_IN_PARALLEL: Final = 16


@dataclass(frozen=True, slots=True)
class Capacity:
    """Places and wait for a service of this entity, exactly.

    Attributes:
        service: code of the resource catalogue.
        places: free places.
        wait_days: usual wait in days.
        open: whether referrals are accepted.
        updated_at: UTC.
    """

    service: str
    places: int
    wait_days: int
    open: bool
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CapacityReply:
    """The answer of one entity about a service, or the error in place of one."""

    entity: Party
    answer: CapacityAnswer | None = None
    error: RedpactError | None = None


class _Question(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    service: Term


class Capacities:
    """States the capacities of one node and asks for those of others."""

    def __init__(self, context: "NodeContext", outbox: "Outbox") -> None:
        self._context = context
        self._outbox = outbox

    def set(self, service: str, *, places: int, wait_days: int, is_open: bool) -> Capacity:
        """State the capacity for a service from now on.

        Raises:
            UnknownTerm: there is no such service.
            ReferralInvalid: figures out of bounds.
        """
        load_referral_words().word(WordList.SERVICES, service)
        if not 0 <= places <= MAX_PLACES or not 0 <= wait_days <= MAX_WAIT_DAYS:
            raise ReferralInvalid(
                _(
                    "como máximo, {max_places} plazas y {max_wait_days} días",
                    max_places=MAX_PLACES,
                    max_wait_days=MAX_WAIT_DAYS,
                ),
                remedy=_("corrija las cifras"),
            )
        stated = Capacity(service, places, wait_days, is_open, self._context.clock.now())
        with self._context.transaction() as session:
            session.merge(CapacityRow(**{name: getattr(stated, name) for name in Capacity.__slots__}))
        return stated

    def list(self) -> tuple[Capacity, ...]:
        """Return the stated capacities, by service."""
        with self._context.snapshot() as session:
            rows = session.scalars(select(CapacityRow).order_by(CapacityRow.service))
            return tuple(Capacity(**{name: getattr(row, name) for name in Capacity.__slots__}) for row in rows)

    def ask(self, service: str, entities: Sequence[str] = ()) -> tuple[CapacityReply, ...]:
        """Ask entities for their capacity, in parallel; each has an answer or an error of its own.

        Args:
            service: code of the resource catalogue.
            entities: entity ids; every other active entity of the directory when empty.

        Raises:
            UnknownTerm: there is no such service; nothing was sent.
            UnknownParty, DirectoryExpired: an entity cannot be asked; nothing was sent.
        """
        load_referral_words().word(WordList.SERVICES, service)
        directory = self._context.directory.current(self._context.clock.now())
        own = self._context.settings.entity
        chosen = [directory.party(entity) for entity in dict.fromkeys(entities)] or [
            party for party in directory.entities if party.status is EntityStatus.ACTIVE
        ]
        others = [party for party in chosen if party.id != own]
        with ThreadPoolExecutor(min(len(others), _IN_PARALLEL) or 1, thread_name_prefix="capacity") as pool:
            return tuple(pool.map(lambda party: self._ask(party, service), others))

    def _ask(self, party: Party, service: str) -> CapacityReply:
        try:
            reply = self._outbox.ask(party.id, CAPACITY, {"service": service}).reply
            if reply.outcome is MessageOutcome.REFUSED:
                raise PeerRefused(
                    _("{party} ha contestado: {reason}", party=party.id, reason=reply.reason),
                    remedy=_("actualice RedPACT en las dos entidades"),
                )
            return CapacityReply(party, _checked(reply.body, service, party))
        except RedpactError as error:
            return CapacityReply(party, error=error)


def capacity_kind() -> Kind:
    """Return the kind of question about capacity, which any entity may ask."""
    return Kind(CAPACITY, _receive, question=True)


def _receive(session: Session, received: VerifiedMessage, _now: datetime) -> Response:
    try:
        service = _Question.model_validate(received.message.body).service
    except ValidationError as error:
        raise MessageMalformed(_("no es una pregunta sobre plazas: {fault}", fault=first_fault(error))) from error
    words = load_referral_words()
    if service not in words.lists[WordList.SERVICES]:
        return Response(refusal="unknown_term")
    row = session.get(CapacityRow, service, populate_existing=True)
    answer = CapacityAnswer(service=service, offered=False)
    if row is not None:
        answer = CapacityAnswer(
            service=service,
            offered=True,
            open=row.open,
            places=words.band(WordList.PLACES, row.places),
            wait=words.band(WordList.WAITS, row.wait_days),
            updated=row.updated_at,
        )
    return Response(answer.model_dump(mode="json"))


def _checked(body: object, service: str, party: Party) -> CapacityAnswer:
    """Return an answer, checked to be about this service and in codes of the vocabulary."""
    lists, remedy = load_referral_words().lists, _("actualice RedPACT en las dos entidades")
    try:
        answer = CapacityAnswer.model_validate(body)
    except ValidationError as error:
        raise ReplyMalformed(
            _(
                "{party} no ha contestado qué plazas tiene: {fault}",
                party=party.id,
                fault=first_fault(error),
            ),
            remedy=remedy,
        ) from error
    coded = (answer.places is None or answer.places in lists[WordList.PLACES]) and (
        answer.wait is None or answer.wait in lists[WordList.WAITS]
    )
    if answer.service != service or not coded:
        raise ReplyMalformed(_("{party} ha contestado sobre otra cosa", party=party.id), remedy=remedy)
    return answer
