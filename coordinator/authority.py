"""The network's certificate authority: short-lived certificates that carry an entity's SPIFFE id.

The names in a request are ignored: the authority sets them (SPIFFE X.509-SVID, RFC 5280).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from coordinator.errors import CertificateRequestRefused
from presentation.faults import os_fault
from presentation.messages import _
from service.errors import CertificateUnusable
from service.peer import BACKDATING
from service.tls import key_digest, read_certificates, read_tls_key
from trust.parties import key_server_name, server_name, spiffe_id

CA_KEY: Final = Path("keys", "ca.pem")
CA_CERTIFICATE: Final = Path("tls", "ca.pem")
CA_LIFE: Final = timedelta(days=3650)
MAX_REQUEST_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A new certificate: leaf PEM, serial number in hex, digest of its public key, and validity."""

    pem: bytes
    serial: str
    tls_key: str
    not_before: datetime
    not_after: datetime


def new_ca(key: ec.EllipticCurvePrivateKey, *, network: str, now: datetime) -> bytes:
    """Return a self-signed CA certificate (PEM) that may sign entities' certificates and nothing below them."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"RedPACT CA {network}"[:64])])
    public = key.public_key()
    usage = _key_usage(signs_certificates=True)
    builder = (
        _builder(name, name, public, now - BACKDATING, now + CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


class Authority:
    """Issues certificates of one network."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificates_pem: bytes, *, network: str) -> None:
        """Take the key and every CA certificate in force; the first certificate is the key's."""
        self._key = key
        self._certificate = read_certificates(certificates_pem)[0]
        if self._certificate.public_key() != key.public_key():
            raise CertificateUnusable(
                _("el certificado de la autoridad de certificación no corresponde a su clave"),
                remedy=_("restaure ambos desde una copia de seguridad"),
            )
        self._network = network
        self.certificates_pem = certificates_pem

    @classmethod
    def load(cls, home: Path, *, network: str) -> Self:
        """Read the authority of a coordinator's home.

        Raises:
            KeyUnreadable, CertificateUnusable: a file is missing or damaged.
        """
        path = home / CA_CERTIFICATE
        try:
            certificates = path.read_bytes()
        except OSError as error:
            raise CertificateUnusable(
                _("no se puede leer {path}: {reason}", path=path, reason=os_fault(error)),
                remedy=_("restaure una copia de seguridad"),
            ) from error
        return cls(read_tls_key(home / CA_KEY), certificates, network=network)

    @property
    def certificate_der(self) -> bytes:
        """The DER bytes of the CA certificate that signs."""
        return self._certificate.public_bytes(serialization.Encoding.DER)

    def sign_request(self, csr_pem: bytes, *, entity: str, now: datetime, life: timedelta) -> IssuedCertificate:
        """Issue a certificate for the key of a PKCS#10 request, naming `entity`.

        Raises:
            CertificateRequestRefused: malformed, not signed by its own key, or not a P-256 key.
        """
        return self.issue(requested_key(csr_pem), entity=entity, now=now, life=life)

    def issue(
        self, public: ec.EllipticCurvePublicKey, *, entity: str, now: datetime, life: timedelta
    ) -> IssuedCertificate:
        """Issue a certificate for a public key, naming `entity`; a second name is that of the key alone."""
        tls_key = key_digest(public)
        not_before, not_after = now - BACKDATING, now + life
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, entity)])
        names = x509.SubjectAlternativeName(
            [
                x509.DNSName(server_name(self._network, entity)),
                x509.DNSName(key_server_name(self._network, entity, tls_key)),
                x509.UniformResourceIdentifier(spiffe_id(self._network, entity)),
            ]
        )
        uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            _builder(subject, self._certificate.subject, public, not_before, not_after)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(uses, critical=False)
            .add_extension(names, critical=False)
            .add_extension(issuer_key, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return IssuedCertificate(
            certificate.public_bytes(serialization.Encoding.PEM),
            f"{certificate.serial_number:x}",
            tls_key,
            certificate.not_valid_before_utc,
            certificate.not_valid_after_utc,
        )


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def requested_key(csr_pem: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of a PKCS#10 request that it signed itself.

    Raises:
        CertificateRequestRefused: malformed, not signed by its own key, or not a P-256 key.
    """
    if len(csr_pem) > MAX_REQUEST_BYTES:
        raise CertificateRequestRefused(_("la solicitud de certificado es demasiado grande"))
    try:
        request = x509.load_pem_x509_csr(csr_pem)
        key = request.public_key()
        signed = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise CertificateRequestRefused(_("no es una solicitud de certificado PKCS#10")) from error
    if not signed:
        raise CertificateRequestRefused(_("la solicitud de certificado no está firmada con su propia clave"))
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateRequestRefused(_("se necesita una clave P-256"))
    return key
