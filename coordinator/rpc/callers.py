"""Admission of callers on the mutual-TLS port."""

import grpc

from coordinator.registry import Registry
from presentation.messages import _
from service.peer import caller_id
from trust.errors import PartySuspended, UnknownParty
from trust.parties import EntityStatus, Party


def admitted_caller(registry: Registry, network: str, call: grpc.ServicerContext, *, recovering: bool = False) -> Party:
    """Return the calling entity, read from the registry at this moment: a suspension holds at once.

    Args:
        registry: of the entities.
        network: its name.
        call: of the entity.
        recovering: whether it may be recovering its keys.

    Raises:
        PeerUnidentified: the call carries no certificate of this network.
        UnknownParty: the registry does not hold the caller.
        PartySuspended: the caller is suspended, or recovering its keys.
    """
    return registry.active_party(caller_id(call, network), recovering=recovering)


def require_active(entity: str, status: str | None) -> None:
    """Refuse an entity that the registry does not hold (status None) or that is suspended.

    Raises:
        UnknownParty: the registry does not hold it.
        PartySuspended: it is suspended.
    """
    if status is None:
        raise UnknownParty(_("{entity} no está en la red", entity=entity[:63]), remedy=_("pida una invitación"))
    if status != EntityStatus.ACTIVE:
        raise PartySuspended(
            _("{entity} está suspendida de la red", entity=entity), remedy=_("pregunte el motivo al coordinador")
        )
