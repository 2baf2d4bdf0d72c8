"""The gate of every call on the mutual-TLS port."""

import grpc
from sqlalchemy.orm import Session

from consent_ledger.parties import Party
from coordinator.wiring import Coordinator
from node.runtime.peer import caller_id


def admitted_caller(coordinator: Coordinator, session: Session, context: grpc.ServicerContext) -> Party:
    """Return the calling entity, read from the registry at this moment: a suspension holds at once.

    Raises:
        PeerUnidentified: no certificate of this network.
        UnknownParty: the registry does not hold the caller.
        PartySuspended: the caller is suspended.
    """
    return coordinator.registry(session).active_party(caller_id(context, coordinator.settings.network))
