"""The identity of a caller: the SPIFFE id in its certificate's URI name, never its common name."""

import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

import grpc

from presentation.messages import _
from service.addresses import address_key
from service.errors import CertificateRevoked, CertificateUnusable, PeerUnidentified
from service.tls import key_digest, read_certificates
from trust.directory import Directory
from trust.parties import ENTITY_ID, Party

BACKDATING: Final = timedelta(minutes=5)
"""Certificates start a little in the past, for entities whose clock is behind."""

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


@dataclass(frozen=True, slots=True)
class PresentedCertificate:
    """The certificate with which a caller came; TLS has checked its chain and dates."""

    serial: str
    not_before: datetime
    tls_key: str
    """SHA-256 of its public key."""


CertificateCheck = Callable[[str, PresentedCertificate], None]
"""Raises `CertificateRevoked` when the named caller's certificate is not in force."""


def presented_certificate(context: grpc.ServicerContext) -> PresentedCertificate:
    """Return the certificate of the caller.

    Raises:
        PeerUnidentified: it presented none.
    """
    presented: Any = context.auth_context().get("x509_pem_cert", ())  # as in `caller_id`
    if len(presented) != 1:
        raise _unidentified()
    return presented_of(presented[0])


def require_in_force(certificate: PresentedCertificate, party: Party, issued: datetime) -> None:
    """Refuse a certificate that the directory signed at `issued` does not list, although it could have.

    One that is newer than the directory cannot be in it yet. A revoked one is older than the first directory without
    it, so that it is refused from that directory on.

    Raises:
        CertificateRevoked: not listed.
    """
    newer = certificate.not_before + BACKDATING >= issued.replace(microsecond=0)  # certificates know whole seconds
    if certificate.serial not in party.certificates and not newer:
        raise revoked(party.id)


def revoked(entity: str) -> CertificateRevoked:
    """Return the error of a certificate that is not in force."""
    return CertificateRevoked(
        _("el certificado con el que llama {entity} está anulado, o no consta que se emitiera", entity=entity),
        remedy=_("si es su nodo, espere a que renueve el certificado, o pida una invitación"),
    )


@lru_cache(maxsize=4096)
def presented_of(pem: bytes) -> PresentedCertificate:
    """Read a certificate (PEM) that a caller presented.

    Raises:
        PeerUnidentified: it cannot be used.
    """
    try:
        leaf = read_certificates(pem)[0]
        return PresentedCertificate(f"{leaf.serial_number:x}", leaf.not_valid_before_utc, key_digest(leaf.public_key()))
    except (CertificateUnusable, ValueError) as error:
        raise _unidentified() from error


def _unidentified() -> PeerUnidentified:
    return PeerUnidentified(
        _("quien llama no presenta ningún certificado utilizable"), remedy=_("llame con el certificado de su entidad")
    )


def caller_address(context: grpc.ServicerContext) -> str:
    """Return the rate-limit key of an anonymous caller: its IPv4 address, or the /64 network of its IPv6 address.

    A caller can choose its port, and its address within an IPv6 network, at will.
    """
    kind, _, rest = context.peer().partition(":")
    host = urllib.parse.unquote(rest.rpartition(":")[0]).strip("[]")
    return address_key(host) if kind in {"ipv4", "ipv6"} else f"{kind}:unknown"


def active_caller(context: grpc.ServicerContext, directory: Directory) -> Party:
    """Return the calling entity when the directory lists it as active.

    Raises:
        PeerUnidentified: no certificate of this network.
        UnknownParty: the directory does not list the caller.
        PartySuspended: the caller is suspended.
    """
    return directory.active_party(caller_id(context, directory.network))
