"""Certificate requests, and checking the certificate that comes back."""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from node.identity.errors import EnrolmentAnswerInvalid
from presentation.messages import _
from service.errors import CertificateUnusable
from service.tls import read_certificates
from trust.parties import spiffe_id


def certificate_request(key: ec.EllipticCurvePrivateKey, entity: str) -> bytes:
    """Return a PKCS#10 request (PEM) signed by `key`; the authority ignores its names and writes its own."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, entity)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def require_own_certificate(
    pem: bytes, *, key: ec.EllipticCurvePrivateKey, ca_pem: bytes, network: str, entity: str
) -> None:
    """Check a received certificate before it replaces the one in use.

    Raises:
        EnrolmentAnswerInvalid: for another key, by another authority, or naming another entity.
    """
    try:
        leaf, authorities = read_certificates(pem)[0], read_certificates(ca_pem)
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (CertificateUnusable, x509.ExtensionNotFound, ValueError) as error:
        raise EnrolmentAnswerInvalid(_("el coordinador no ha enviado un certificado utilizable")) from error
    if leaf.public_key() != key.public_key():
        raise EnrolmentAnswerInvalid(_("el certificado es de otra clave"))
    if names.get_values_for_type(x509.UniformResourceIdentifier) != [spiffe_id(network, entity)]:
        raise EnrolmentAnswerInvalid(_("el certificado nombra a otra entidad"))
    if not any(_issued_by(leaf, authority) for authority in authorities):
        raise EnrolmentAnswerInvalid(_("el certificado no lo ha emitido la autoridad de certificación de la red"))


def _issued_by(leaf: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
