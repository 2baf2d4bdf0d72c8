"""The certificate of a site that other machines of the local network reach: its own, made here and renewed in time.

Nobody vouches for it: whoever sets the browsers up trusts it once, or gives the node one of the organisation's own.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from service.files import private_folder, read_private, write_private
from service.tls import new_tls_key

FOLDER: Final = "pages-tls"
LIFE: Final = timedelta(days=397)
"""The longest that browsers take."""
_RENEWED_BEFORE: Final = timedelta(days=60)
_SLOW_CLOCKS: Final = timedelta(hours=1)


def site_certificate(home: Path, now: datetime, names: frozenset[str]) -> tuple[Path, Path]:
    """Return the files of the certificate and its key, made anew where there is none, it ends, or names are missing."""
    folder = home / FOLDER
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    if not (_is_good(certificate, now, names) and key.is_file()):
        private_folder(folder)
        pem = new_tls_key()
        write_private(key, pem)
        write_private(certificate, _signed(pem, now, names))
    return certificate, key


def _is_good(file: Path, now: datetime, names: frozenset[str]) -> bool:
    if not file.is_file():
        return False
    try:
        found = x509.load_pem_x509_certificate(read_private(file))
    except ValueError:
        return False
    listed = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return found.not_valid_after_utc - now > _RENEWED_BEFORE and set(listed) >= set(_general_names(names))


def _signed(key_pem: bytes, now: datetime, names: frozenset[str]) -> bytes:
    key = serialization.load_pem_private_key(key_pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("a key just made is of another kind")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "RedPACT")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLOW_CLOCKS)
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName(_general_names(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def _general_names(names: frozenset[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in sorted(names):
        try:
            found.append(x509.IPAddress(ip_address(name)))
        except ValueError:
            found.append(x509.DNSName(name))
    return found
