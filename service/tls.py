"""Mutual TLS with certificates that are replaced while the service runs; `service` restricts it to TLS 1.3.

A certificate has three files: key, certificate chain, trusted CAs. The server reads them at every handshake, so that a
renewed certificate, an added CA and a removed CA take effect without a restart. The client side of gRPC has no such
reload (grpc#41779): `service.channels` rebuilds channels when `CurrentCertificate.identity` changes.
"""

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import grpc
import structlog
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from policies.errors import RedpactError
from presentation.faults import os_fault
from presentation.messages import _
from service.errors import CertificateUnusable
from service.files import read_private
from trust.errors import KeyUnreadable

_log = structlog.get_logger(__name__)

RENEW_AFTER: Final = 2 / 3
"""Fraction of a certificate's life after which it is renewed."""


def new_tls_key() -> bytes:
    """Return a new P-256 private key as PEM."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_tls_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read a P-256 private key.

    Raises:
        KeyUnreadable: missing, malformed, of another kind, or open to others.
    """
    try:
        key = serialization.load_pem_private_key(read_private(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnreadable(
            _("{path} no es una clave privada PEM", path=path), remedy=_("restáurelo desde una copia de seguridad")
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyUnreadable(
            _("{path} no es una clave P-256", path=path), remedy=_("restáurelo desde una copia de seguridad")
        )
    return key


def key_digest(key: PublicKeyTypes) -> str:
    """Return the SHA-256 in hex of a public key's DER (SubjectPublicKeyInfo), by which the directory names it."""
    encoded = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(encoded).hexdigest()


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """Parse PEM certificates, at least one.

    Raises:
        CertificateUnusable: not PEM certificates.
    """
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise CertificateUnusable(
            _("no es un certificado PEM"), remedy=_("pida una invitación nueva al coordinador")
        ) from error


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """One consistent reading of key, certificate chain and trusted CAs."""

    key_pem: bytes
    chain_pem: bytes
    ca_pem: bytes
    not_before: datetime
    not_after: datetime

    @property
    def renew_at(self) -> datetime:
        """The time at which the certificate is due for renewal."""
        return self.not_before + (self.not_after - self.not_before) * RENEW_AFTER


class CurrentCertificate:
    """The certificate in use, read again whenever its files change."""

    def __init__(self, *, key: Path, certificate: Path, ca: Path) -> None:
        self.paths: Final = (key, certificate, ca)
        self._lock = threading.Lock()
        self._stamp: tuple[tuple[int, int], ...] = ()
        self._identity: TlsIdentity | None = None

    def identity(self) -> TlsIdentity:
        """Return the certificate that is in the files now.

        Raises:
            KeyUnreadable: the key cannot be read.
            CertificateUnusable: the certificate or the CAs cannot be read, or the key is not the certificate's.
        """
        with self._lock:
            stamp = self._stamps()
            if self._identity is None or stamp != self._stamp:
                self._identity, self._stamp = self._read(), stamp
            return self._identity

    def server_credentials(self, *, anonymous_clients: bool = False) -> grpc.ServerCredentials:
        """Return credentials that require a client certificate and follow the files.

        Args:
            anonymous_clients: ask for no client certificate; for the enrolment port only.

        Raises:
            KeyUnreadable, CertificateUnusable: there is no usable certificate to start with.
        """
        served = [self.identity()]

        def fetch() -> grpc.ServerCertificateConfiguration | None:
            # Never raises: gRPC would keep an unusable server. A half-written renewal keeps the last good certificate.
            try:
                identity = self.identity()
            except RedpactError as error:
                _log.warning("certificate_not_reloaded", code=error.code, message=error.message)
                return None
            if identity is served[0]:
                return None
            served[0] = identity
            return _configuration(identity)

        return grpc.dynamic_ssl_server_credentials(
            _configuration(served[0]),
            fetch,  # type: ignore[arg-type]  # the stub omits None, which means no change
            require_client_authentication=not anonymous_clients,
        )

    def _stamps(self) -> tuple[tuple[int, int], ...]:
        try:
            return tuple((status.st_mtime_ns, status.st_ino) for status in map(Path.stat, self.paths))
        except OSError as error:
            raise CertificateUnusable(
                _("no se puede leer {filename}: {reason}", filename=error.filename, reason=os_fault(error)),
                remedy=_("restáurelo, o vuelva a inscribir la entidad"),
            ) from error

    def _read(self) -> TlsIdentity:
        key_path, certificate_path, ca_path = self.paths
        key = read_tls_key(key_path)
        chain_pem, ca_pem = certificate_path.read_bytes(), ca_path.read_bytes()
        leaf = read_certificates(chain_pem)[0]
        read_certificates(ca_pem)
        if leaf.public_key() != key.public_key():
            raise CertificateUnusable(
                _(
                    "{certificate_path} no corresponde a la clave {key_path}",
                    certificate_path=certificate_path,
                    key_path=key_path,
                ),
                remedy=_("vuelva a inscribir la entidad"),
            )
        return TlsIdentity(
            key_path.read_bytes(), chain_pem, ca_pem, leaf.not_valid_before_utc, leaf.not_valid_after_utc
        )


def client_credentials(identity: TlsIdentity) -> grpc.ChannelCredentials:
    """Return credentials that present the certificate and trust only the network's CAs."""
    return grpc.ssl_channel_credentials(identity.ca_pem, identity.key_pem, identity.chain_pem)


def _configuration(identity: TlsIdentity) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [(identity.key_pem, identity.chain_pem)], root_certificates=identity.ca_pem
    )
