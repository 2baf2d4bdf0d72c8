"""Answers to requests to evaluate blinded points, at the coordinator and at every entity that holds a key.

Every request passes these steps, in this order:

(1) the caller is an active entity of the network, and not a collaborator;
(2) the request is signed by it, in its own name, and fresh;
(3) its epoch is answered here;
(4) it is no replay, its quota is not used up, and it is recorded durably before the reply leaves;
(5) the points are evaluated, with a proof that the published key was used for all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol

from sqlalchemy.orm import Session

from presentation.messages import _
from records_exchange import oprf
from records_exchange.errors import LocatorMessageMalformed, LocatorNotForCollaborators, OprfValueInvalid
from records_exchange.key_holding.counted_requests import CountedRequests
from records_exchange.key_holding.query_log import Query, QueryKind
from records_exchange.locator_messages import EvaluationRequest, open_message, points_digest
from trust.parties import EntityKind, Party
from trust.signing import Envelope


class EvaluationKeys(Protocol):
    """The keys held here, by the epochs that name them."""

    def public_key(self, session: Session, epoch: int, now: datetime) -> str:
        """Return the published key, in hex, of an epoch that is answered now.

        Raises:
            LocatorEpochUnknown: it is not.
        """
        ...

    def pair(self, epoch: int, public_key: str) -> oprf.KeyPair:
        """Return the private key that belongs to it.

        Raises:
            LocatorKeyDamaged: missing, or another one.
        """
        ...


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Evaluated points in the order of the request, the proof over them, and the rest of the quota."""

    points: tuple[bytes, ...]
    proof: bytes
    remaining: int


@dataclass(frozen=True, slots=True)
class Evaluations:
    """Evaluates points. Safe to call from several threads.

    Attributes:
        active_party: returns an active entity by its id; raises UnknownParty or PartySuspended.
        keys: the keys held here.
        requests: counts and records.
    """

    active_party: Callable[[str], Party]
    keys: EvaluationKeys
    requests: CountedRequests

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
        now = self.requests.now()
        party = admitted(self.active_party(caller))  # (1)
        request = open_message(envelope, EvaluationRequest, caller=caller, signing_key=party.signing_key, now=now)
        if request.count != len(points) or request.points_sha256 != points_digest(points):  # (2)
            raise LocatorMessageMalformed(
                _("los puntos recibidos no son los que se firmaron"), remedy=_("repita la petición")
            )
        if not all(map(oprf.is_element, points)):
            raise OprfValueInvalid(_("un punto no es un elemento del grupo, o es el elemento neutro"))
        query = Query(caller, QueryKind.EVALUATE, len(points), envelope)
        public_key, remaining = self.requests.run(query, partial(self.keys.public_key, epoch=request.epoch, now=now))
        evaluated, proof = oprf.evaluate_proved(self.keys.pair(request.epoch, public_key), points)  # (5)
        return Evaluated(evaluated, proof, remaining)


def admitted(party: Party) -> Party:
    """Return an entity that may ask.

    Raises:
        LocatorNotForCollaborators: it may not.
    """
    if party.kind is EntityKind.COLLABORATOR:
        raise LocatorNotForCollaborators(
            _("{caller} es una entidad colaboradora", caller=party.id), remedy=_("no hay que hacer nada")
        )
    return party
