"""A certification authority of the demonstration, and people who sign PDF forms with certificates of it.

It stands for the DNIe, FNMT-RCM and AutoFirma: nobody outside the demonstration may trust it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Final

from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate as Asn1Certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

_NAME: Final = "AC ficticia de la demostración"
_FIELD: Final = "Firma"
_LIFE: Final = timedelta(days=30)
_USAGES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hex."""
        return self.certificate.fingerprint(SHA256()).hex()

    def sign(self, pdf: bytes) -> bytes:
        """Return a PDF with this person's PAdES signature."""
        signer = SimpleSigner(
            signing_cert=Asn1Certificate.load(self.certificate.public_bytes(Encoding.DER)),
            signing_key=PrivateKeyInfo.load(self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
            cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # pyHanko leaves it without annotations
        )
        described = PdfSignatureMetadata(field_name=_FIELD, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
        out = BytesIO()
        written = IncrementalPdfFileWriter(BytesIO(pdf))
        PdfSigner(described, signer, new_field_spec=SigFieldSpec(_FIELD)).sign_pdf(written, output=out)
        return out.getvalue()


def new_authority() -> Identity:
    """Return the authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    return Identity(_issue(_NAME, key, key, {"key_cert_sign", "crl_sign"}), key)


def person_of(authority: Identity, document: str) -> Identity:
    """Return somebody whose certificate names an identity document, as those of the DNIe do."""
    key = ec.generate_private_key(ec.SECP256R1())
    usage = {"digital_signature", "content_commitment"}
    return Identity(_issue("PERSONA FICTICIA", key, authority.key, usage, f"IDCES-{document}"), key)


def _issue(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: ec.EllipticCurvePrivateKey,
    usage: set[str],
    serial_number: str = "",
) -> x509.Certificate:
    now, subject = datetime.now(UTC), [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if serial_number:
        subject.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial_number))
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _NAME)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=not serial_number, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{each: each in usage for each in _USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(issuer, SHA256())
    )
