"""Channels to the key holders of pseudonyms: the coordinator, and entities at the addresses that they publish."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from node.context import NodeContext
from presentation.messages import _
from service.errors import PeerUnreachable
from trust.parties import COORDINATOR_ID, key_server_name

if TYPE_CHECKING:
    import grpc

    from service.channels import ChannelPool


def key_holder_channels(
    context: NodeContext, pool: "ChannelPool", coordinator: Callable[[], "grpc.Channel"], holder: str
) -> "list[grpc.Channel]":
    """Return a channel to each address of a key holder, in the order in which they are tried.

    Raises:
        UnknownParty, PartySuspended: it is no active entity of the directory.
        PeerUnreachable: it publishes no address.
    """
    if holder == COORDINATOR_ID:
        return [coordinator()]
    party = context.directory.current(context.clock.now()).active_party(holder)
    if not party.addresses:
        raise PeerUnreachable(
            _("{holder}, que guarda una de las claves, no tiene ninguna dirección publicada", holder=holder),
            remedy=_("pida a esa entidad que publique una"),
        )
    name = key_server_name(context.settings.network, holder, party.tls_key)
    return [pool.channel(address, name) for address in party.addresses]
