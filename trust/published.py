"""Checks on the addresses that an entity publishes for others to call.

A published address makes other machines open connections. One that leads into the machine or the local network of the
caller (loopback, link-local, private) would let a member send blind requests there (CWE-918), so it is refused unless
the operator's own configuration is in that range too.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from presentation.messages import _
from trust.addresses import split_address
from trust.errors import AddressRefused

IpNetwork = IPv4Network | IPv6Network
IpAddress = IPv4Address | IPv6Address

_HOST_NAME: Final = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_NUMERIC: Final = re.compile(r"(?:0[xX][0-9A-Fa-f]*|[0-9]+)")
"""A last label that C libraries read as part of an IPv4 address in an unusual spelling, such as 127.1 or 0x7f000001."""

_RANGES: Final[tuple[tuple[IpNetwork, ...], ...]] = (
    (ip_network("127.0.0.0/8"), ip_network("::1/128")),
    (ip_network("169.254.0.0/16"), ip_network("fe80::/10")),
    (ip_network("10.0.0.0/8"), ip_network("172.16.0.0/12"), ip_network("192.168.0.0/16"), ip_network("fc00::/7")),
)
"""Loopback (RFC 1122), link-local (RFC 3927, RFC 4291) and private use (RFC 1918, RFC 4193)."""


def range_of(address: str) -> tuple[IpNetwork, ...]:
    """Return the loopback, link-local or private range that a configured ``host:port`` is in; empty for any other."""
    literal = _literal(split_address(address)[0])
    if literal is None:
        return ()
    return next((nets for nets in _RANGES if any(literal in net for net in nets)), ())


def require_callable(address: IpAddress, allowed: Sequence[IpNetwork]) -> None:
    """Check that an IP address may be called.

    Raises:
        AddressRefused: it is neither public nor in an allowed network.
    """
    plain = getattr(address, "ipv4_mapped", None) or address
    if (plain.is_global and not plain.is_multicast) or any(plain in network for network in allowed):
        return
    raise AddressRefused(
        _("{address} no es una dirección pública, ni de una red configurada", address=str(address)),
        remedy=_("publique una dirección pública, o añada su red a local_networks en la configuración"),
    )


def require_published_address(text: str, allowed: Sequence[IpNetwork]) -> None:
    """Check a ``host:port`` that an entity wants to publish.

    Raises:
        AddressRefused: not printable ASCII, not an address, or one that others may not call.
    """
    try:
        host, port = split_address(text)
    except ValueError as error:
        raise _malformed() from error
    _require_host(host, port, allowed)


def require_published_url(text: str, allowed: Sequence[IpNetwork]) -> None:
    """Check the ``http`` or ``https`` URL of a witness.

    Raises:
        AddressRefused: not printable ASCII, not such a URL, or of a host that others may not call.
    """
    if not is_plain_url(text):
        raise _malformed()
    parts = urlsplit(text)
    _require_host(parts.hostname or "", parts.port or 80, allowed)


def is_plain_url(text: str) -> bool:
    """Return whether a text is an ``http`` or ``https`` URL of printable ASCII, with a host and no user or query."""
    if not all("!" <= character <= "~" for character in text):
        return False
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    rest = (parts.query, parts.fragment, parts.username, parts.password)
    host = parts.hostname or ""
    named = _literal(host) is not None or _is_name(host)
    return parts.scheme in {"http", "https"} and named and port != 0 and not any(rest)


def _require_host(host: str, port: int, allowed: Sequence[IpNetwork]) -> None:
    literal = _literal(host)
    if port == 0 or (literal is None and not _is_name(host)):
        raise _malformed()
    if literal is not None:
        require_callable(literal, allowed)


def _literal(host: str) -> IpAddress | None:
    if host.lower().rstrip(".") == "localhost" or host.lower().rstrip(".").endswith(".localhost"):
        return ip_address("127.0.0.1")  # RFC 6761
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    return bool(_HOST_NAME.fullmatch(host)) and not _NUMERIC.fullmatch(host.rpartition(".")[2])


def _malformed() -> AddressRefused:
    return AddressRefused(
        _("una dirección publicada debe ser host:port o una URL http(s), en ASCII imprimible"),
        remedy=_("corrija las direcciones en la configuración"),
    )
