"""Certificate authorities and certificates for tests of what is refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from coordinator.authority import Authority, new_ca
from service.files import write_private
from service.tls import CurrentCertificate


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a key as PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def authority(network: str, key: ec.EllipticCurvePrivateKey | None = None) -> Authority:
    """Return a new authority, with a key of its own when none is given."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    return Authority(key, new_ca(key, network=network, now=datetime.now(UTC)), network=network)


class Credentials:
    """The three TLS files of one party, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        write_private(folder / "key.pem", key_pem(self.key))

    def issue(
        self, ca: Authority, entity: str, *, life: timedelta = timedelta(days=1), now: datetime | None = None
    ) -> str:
        """Put a certificate of `ca` for `entity` in place, and return its serial."""
        issued = ca.issue(self.key.public_key(), entity=entity, now=now or datetime.now(UTC), life=life)
        write_private(self.folder / "certificate.pem", issued.pem)
        return issued.serial

    def trust(self, *authorities: Authority) -> None:
        """Trust these authorities and no others."""
        write_private(self.folder / "ca.pem", b"".join(each.certificates_pem for each in authorities))

    def current(self) -> CurrentCertificate:
        """Return them as the services use them."""
        return CurrentCertificate(
            key=self.folder / "key.pem", certificate=self.folder / "certificate.pem", ca=self.folder / "ca.pem"
        )


def credentials(folder: Path, ca: Authority, entity: str) -> Credentials:
    """Return the files of an entity that `ca` certified and that trusts `ca`."""
    made = Credentials(folder)
    made.issue(ca, entity)
    made.trust(ca)
    return made
