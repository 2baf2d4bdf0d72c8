"""The checks of ``doctor`` on the ways by which this node, and entities without an address, are reached."""

from typing import Final

from node.clients import relay
from node.clients.coordinator import CoordinatorChannel
from node.context import NodeContext
from node.identity.reach import Reachability, reachability
from policies.errors import RedpactError
from presentation.messages import _
from service.errors import PeerUnreachable
from service.findings import Finding, Level
from trust.parties import Party

ASK_SECONDS: Final = 3.0


def check_reach(context: NodeContext, coordinator: CoordinatorChannel) -> list[Finding]:
    """Check the way to this node, and the attachment to the relay of entities that publish no address."""
    attached = _attached(context, coordinator)
    return [_own(context, attached), *(_peer(party, attached) for party in _without_address(context))]


def _attached(context: NodeContext, coordinator: CoordinatorChannel) -> frozenset[str] | RedpactError:
    if not context.settings.relay:
        return PeerUnreachable(_("el repetidor está desactivado en este nodo"), remedy=_("ponga relay = true"))
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
    match reachability(settings.addresses, relay=settings.relay):
        case Reachability.DIRECT:
            at = " ".join(settings.addresses)
            if there:
                return Finding("reach", Level.OK, _("Se llega a este nodo en {at}; también por el repetidor", at=at))
            return Finding("reach", Level.OK, _("Se llega a este nodo en {at}", at=at))
        case Reachability.NOT:
            text = _("Nadie llega a este nodo: solo puede preguntar")
            return Finding("reach", Level.WARNING, text, _("ponga relay = true o publique una dirección"))
        case Reachability.RELAY:
            if isinstance(attached, RedpactError):
                return Finding.of_error("reach", attached)
            if there:
                return Finding("reach", Level.OK, _("Se llega a este nodo por el repetidor"))
            text = _("Este nodo no está conectado al repetidor: ahora no se llega a él")
            return Finding("reach", Level.UNREACHABLE, text, _("inícielo con: redpact-node serve"))


def _peer(party: Party, attached: frozenset[str] | RedpactError) -> Finding:
    check = f"peer:{party.id}"
    if isinstance(attached, RedpactError):
        return Finding.of_error(check, attached)
    if party.id in attached:
        text = _("{party} está conectada al repetidor", party=party.name)
        return Finding(check, Level.OK, text)
    text = _("{party} no publica una dirección ni está conectada al repetidor", party=party.name)
    return Finding(check, Level.UNREACHABLE, text, _("inténtelo más tarde"))
