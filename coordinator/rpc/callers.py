"""The gate of every call on the mutual-TLS port."""

import grpc
from sqlalchemy.orm import Session

from coordinator.wiring import Coordinator
from presentation.messages import _
from service.peer import caller_id
from trust.errors import PartySuspended, UnknownParty
from trust.parties import EntityStatus, Party


def admitted_caller(coordinator: Coordinator, session: Session, context: grpc.ServicerContext) -> Party:
    """Return the calling entity, read from the registry at this moment: a suspension holds at once.

    Raises:
        PeerUnidentified: no certificate of this network.
        UnknownParty: the registry does not hold the caller.
        PartySuspended: the caller is suspended.
    """
    return coordinator.registry(session).active_party(caller_id(context, coordinator.settings.network))


def require_active(entity: str, status: str | None) -> None:
    """Refuse whom the registry does not hold (None), and whoever is suspended.

    Raises:
        UnknownParty, PartySuspended: that.
    """
    if status is None:
        raise UnknownParty(_("{entity} no está en la red", entity=entity[:63]), remedy=_("pida una invitación"))
    if status != EntityStatus.ACTIVE:
        raise PartySuspended(
            _("{entity} está suspendida de la red", entity=entity), remedy=_("pregunte el motivo al coordinador")
        )
