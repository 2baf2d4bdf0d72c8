"""What ``doctor`` says of who reaches this node, and of entities that only the relay reaches."""

from typing import Final

from node.clients import relay
from node.clients.coordinator import CoordinatorChannel
from node.context import NodeContext
from node.identity.reach import Reached, way_in
from policies.errors import RedpactError
from service.errors import PeerUnreachable
from service.findings import Finding, Level
from trust.parties import Party

ASK_SECONDS: Final = 3.0


def check_reach(context: NodeContext, coordinator: CoordinatorChannel) -> list[Finding]:
    """Check how this node is reached, and whether the relay has the entities that publish no address."""
    attached = _attached(context, coordinator)
    return [_own(context, attached), *(_peer(party, attached) for party in _without_address(context))]


def _attached(context: NodeContext, coordinator: CoordinatorChannel) -> frozenset[str] | RedpactError:
    if not context.settings.relay:
        return PeerUnreachable("the relay is switched off here", remedy="set relay = true")
    try:
        return relay.attached(coordinator(), seconds=ASK_SECONDS)
    except RedpactError as error:
        return error


def _without_address(context: NodeContext) -> list[Party]:
    try:
        directory = context.directory.newest()
    except RedpactError:
        return []  # reported by the directory's own check
    parties = directory.active() if directory else ()
    return [party for party in parties if party.id != context.settings.entity and not party.addresses]


def _own(context: NodeContext, attached: frozenset[str] | RedpactError) -> Finding:
    settings = context.settings
    there = not isinstance(attached, RedpactError) and settings.entity in attached
    match way_in(settings.addresses, relay=settings.relay):
        case Reached.DIRECT:
            at = " ".join(settings.addresses)
            es = f"Se llega a este nodo en {at}" + ("; también por el repetidor" if there else "")
            en = f"This node is reached at {at}" + ("; also by the relay" if there else "")
            return Finding("reach", Level.OK, es, en)
        case Reached.NOT:
            es, en = "Nadie llega a este nodo: solo puede preguntar", "Nobody reaches this node: it can only ask"
            return Finding("reach", Level.WARNING, es, en, "set relay = true, or publish an address")
        case Reached.RELAY:
            if isinstance(attached, RedpactError):
                return Finding.of_error("reach", attached)
            if there:
                es, en = "Se llega a este nodo por el repetidor", "This node is reached by the relay"
                return Finding("reach", Level.OK, es, en)
            es = "Este nodo no está conectado al repetidor: ahora no se llega a él"
            en = "This node is not attached to the relay: nobody reaches it now"
            return Finding("reach", Level.UNREACHABLE, es, en, "start it with: redpact-node serve")


def _peer(party: Party, attached: frozenset[str] | RedpactError) -> Finding:
    check = f"peer:{party.id}"
    if isinstance(attached, RedpactError):
        return Finding.of_error(check, attached)
    if party.id in attached:
        es, en = f"{party.id} está conectada al repetidor", f"{party.id} is attached to the relay"
        return Finding(check, Level.OK, es, en)
    es = f"{party.id} no publica una dirección ni está conectada al repetidor"
    en = f"{party.id} neither publishes an address nor is attached to the relay"
    return Finding(check, Level.UNREACHABLE, es, en, "try again later")
