from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from coordinator.authority import Authority
from coordinator.errors import CertificateRequestRefused
from node.identity.errors import EnrolmentAnswerInvalid
from node.identity.requests import certificate_request, require_own_certificate
from tests.support.clock import START
from tests.support.pki import authority
from trust.parties import key_server_name

NETWORK = "red.example"
LIFE = timedelta(days=30)


@pytest.fixture(scope="module")
def ca() -> Authority:
    return authority(NETWORK)


def request(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, *names: x509.GeneralName) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "coordinator")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def test_the_authority_writes_the_names_whatever_the_request_asks_for(ca: Authority) -> None:
    asked = request(
        ec.generate_private_key(ec.SECP256R1()),
        x509.UniformResourceIdentifier("spiffe://red.example/entity/coordinator"),
    )
    issued = ca.sign_request(asked, entity="leon", now=START, life=LIFE)
    leaf = x509.load_pem_x509_certificate(issued.pem)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["spiffe://red.example/entity/leon"]
    assert names.get_values_for_type(x509.DNSName) == [
        "leon.entity.red.example",
        key_server_name(NETWORK, "leon", issued.tls_key),  # by which clients refuse a key that was replaced
    ]
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert (leaf.not_valid_after_utc, f"{leaf.serial_number:x}") == (START + LIFE, issued.serial)


def test_only_p256_keys_are_certified(ca: Authority) -> None:
    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(CertificateRequestRefused):
            ca.sign_request(request(key), entity="leon", now=START, life=LIFE)


def test_a_request_not_signed_by_its_own_key_is_refused(ca: Authority) -> None:
    good = x509.load_pem_x509_csr(certificate_request(ec.generate_private_key(ec.SECP256R1()), "leon"))
    der = bytearray(good.public_bytes(serialization.Encoding.DER))
    der[40] ^= 1  # inside the subject: still well formed, no longer what was signed
    try:
        changed = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)
    except ValueError:
        changed = b"no longer a request"
    with pytest.raises(CertificateRequestRefused):
        ca.sign_request(changed, entity="leon", now=START, life=LIFE)


@pytest.mark.invariant(8)
@given(st.binary(max_size=200))
def test_any_bytes_as_a_request_lead_to_our_error(data: bytes) -> None:
    with pytest.raises(CertificateRequestRefused):
        authority_once().sign_request(data, entity="leon", now=START, life=LIFE)


def test_a_node_accepts_only_its_own_certificate(ca: Authority) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    good = ca.issue(key.public_key(), entity="leon", now=now, life=LIFE).pem
    require_own_certificate(good, key=key, ca_pem=ca.certificates_pem, network=NETWORK, entity="leon")
    for pem, expected, by in (
        (good, "soria", ca),
        (good, "leon", authority(NETWORK)),
        (
            ca.issue(ec.generate_private_key(ec.SECP256R1()).public_key(), entity="leon", now=now, life=LIFE).pem,
            "leon",
            ca,
        ),
        (b"-----BEGIN", "leon", ca),
    ):
        with pytest.raises(EnrolmentAnswerInvalid):
            require_own_certificate(pem, key=key, ca_pem=by.certificates_pem, network=NETWORK, entity=expected)


_ONCE: list[Authority] = []


def authority_once() -> Authority:
    """Return one authority for all the examples of a property."""
    if not _ONCE:
        _ONCE.append(authority(NETWORK))
    return _ONCE[0]
