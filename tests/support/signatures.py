"""A certification authority of tests, and people who sign PDFs with certificates of it, as AutoFirma would."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, TypeAlias

from asn1crypto.keys import PrivateKeyInfo
from asn1crypto.x509 import Certificate as Asn1Certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from tests.support.clock import START

FIELD = "Firma"
Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Signer:
    """A person with a certificate for signatures and its key."""

    certificate: x509.Certificate
    key: Key
    chain: tuple[x509.Certificate, ...]

    def sign(self, pdf: bytes, *, box: tuple[int, int, int, int] | None = None, page: int = 0, **meta: Any) -> bytes:
        """Return a PDF with this person's PAdES signature; visible in a box when one is given."""
        store = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # pyHanko leaves it without annotations
        store.register_multiple(_asn1(each) for each in self.chain)
        signer = SimpleSigner(
            signing_cert=_asn1(self.certificate),
            signing_key=PrivateKeyInfo.load(self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())),
            cert_registry=store,
        )
        field = meta.pop("field", FIELD)
        described = PdfSignatureMetadata(field_name=field, subfilter=SigSeedSubFilter.PADES, md_algorithm="sha256")
        spec = SigFieldSpec(field, on_page=page, box=box)
        out = BytesIO()
        PdfSigner(described, signer, new_field_spec=spec).sign_pdf(IncrementalPdfFileWriter(BytesIO(pdf)), output=out)
        return out.getvalue()


class TestAuthority:
    """A root that issues certificates of natural persons through a subordinate authority, as FNMT-RCM does."""

    __test__ = False

    def __init__(self, name: str = "AC de pruebas", now: datetime = START) -> None:
        self._now = now
        self.key, self._sub_key = _key(), _key()
        self.certificate = self._issue(name, self.key, name, self.key, authority=True)
        self._sub = self._issue(f"{name} Usuarios", self._sub_key, name, self.key, authority=True)

    @property
    def pem(self) -> bytes:
        """The root, as it is pinned."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the root, in hex."""
        return self.certificate.fingerprint(SHA256()).hex()

    def person(self, serial_number: str, *, days: int = 365, signs: bool = True, rsa_bits: int = 0) -> Signer:
        """Return somebody whose certificate names a document; for authentication only when `signs` is False."""
        key = _key(rsa_bits=rsa_bits)
        made = self._issue(
            "FICTICIA ANA", key, f"{self._sub_name}", self._sub_key, serial_number, days=days, signs=signs
        )
        return Signer(made, key, (self._sub,))

    @property
    def _sub_name(self) -> str:
        (found,) = self._sub.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return str(found.value)

    def _issue(
        self,
        name: str,
        key: Key,
        issuer: str,
        issuer_key: Key,
        serial_number: str = "",
        *,
        authority: bool = False,
        days: int = 3650,
        signs: bool = True,
    ) -> x509.Certificate:
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if serial_number:
            attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial_number))
        usage = dict.fromkeys(_USAGES, False)
        usage |= {"key_cert_sign": True, "crl_sign": True} if authority else {"digital_signature": True}
        usage["content_commitment"] = signs and not authority
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(attributes))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - timedelta(days=30))
            .not_valid_after(self._now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**usage), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        return builder.sign(issuer_key, SHA256())


_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def _key(*, rsa_bits: int = 0) -> Key:
    if rsa_bits:
        return rsa.generate_private_key(public_exponent=65537, key_size=rsa_bits)
    return ec.generate_private_key(ec.SECP256R1())


def _asn1(certificate: x509.Certificate) -> Asn1Certificate:
    return Asn1Certificate.load(certificate.public_bytes(Encoding.DER))
