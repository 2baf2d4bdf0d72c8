"""The identity of a caller: the SPIFFE id in its certificate's URI name, never its common name."""

import ipaddress
import re
import urllib.parse
from typing import Any, Final

import grpc

from presentation.messages import _
from service.errors import PeerUnidentified
from trust.directory import Directory
from trust.parties import ENTITY_ID, Party

_SPIFFE: Final = re.compile(r"spiffe://([^/]+)/entity/([^/]+)")


def caller_id(context: grpc.ServicerContext, network: str) -> str:
    """Return the entity id of the caller; TLS has already checked the certificate and its chain.

    Not done here: whether the entity is in the directory and active (`active_caller`).

    Raises:
        PeerUnidentified: no certificate, or one that names no entity of `network`.
    """
    names: Any = context.auth_context().get("peer_spiffe_id", ())  # the stubs say bytes where gRPC gives a list of them
    uris = [name.decode("utf-8", "replace") for name in names]
    match = _SPIFFE.fullmatch(uris[0]) if len(uris) == 1 else None
    if match is None or match[1] != network or not ENTITY_ID.fullmatch(match[2]):
        raise PeerUnidentified(
            _("el certificado de quien llama no nombra a ninguna entidad de la red {network}", network=network),
            remedy=_("llame con el certificado recibido en el alta"),
        )
    return match[2]


def caller_address(context: grpc.ServicerContext) -> str:
    """Return the rate-limit key of an anonymous caller: its IPv4 address, or the /64 network of its IPv6 address.

    A caller can choose its port, and its address within an IPv6 network, at will.
    """
    kind, _, rest = context.peer().partition(":")
    host = urllib.parse.unquote(rest.rpartition(":")[0]).strip("[]").partition("%")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return f"{kind}:unknown"
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def active_caller(context: grpc.ServicerContext, directory: Directory) -> Party:
    """Return the calling entity when the directory lists it as active.

    Raises:
        PeerUnidentified: no certificate of this network.
        UnknownParty: the directory does not list the caller.
        PartySuspended: the caller is suspended.
    """
    return directory.active_party(caller_id(context, directory.network))
