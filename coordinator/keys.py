"""The private keys of the coordinator, one file each under ``HOME/keys``, readable by their owner only."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from coordinator.authority import CA_CERTIFICATE, CA_KEY
from service.files import read_private, write_private
from service.tls import CurrentCertificate, new_tls_key
from trust.signing import Ed25519Signer

if TYPE_CHECKING:
    from collections.abc import Callable

SIGNING_KEY: Final = Path("keys", "signing.pem")
WITNESS_KEY: Final = Path("keys", "witness.pem")
TLS_KEY: Final = Path("keys", "tls.pem")
CERTIFICATE: Final = Path("tls", "certificate.pem")
KEY_FILES: Final = (CA_KEY, SIGNING_KEY, WITNESS_KEY, TLS_KEY)


@dataclass(frozen=True, slots=True)
class CoordinatorKeys:
    """The keys that sign; those of the authority and of TLS are read where they are used.

    Attributes:
        signing: Ed25519, signs directories, campaign manifests and releases. Every node pins it.
        witness: Ed25519, cosigns the checkpoints of ledgers and nothing else.
    """

    signing: Ed25519Signer
    witness: Ed25519Signer

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read the keys of a home folder.

        Raises:
            KeyUnreadable: a file is missing, malformed, or open to others.
        """
        signing, witness = (Ed25519Signer.from_pem(read_private(home / name)) for name in (SIGNING_KEY, WITNESS_KEY))
        return cls(signing, witness)

    @classmethod
    def create(cls, home: Path) -> Self:
        """Make the keys that do not exist yet, and read them all.

        Raises:
            KeyUnreadable: a file that exists is malformed, or open to others.
        """
        makers: dict[Path, Callable[[], bytes]] = {
            CA_KEY: new_tls_key,
            TLS_KEY: new_tls_key,
            SIGNING_KEY: lambda: Ed25519Signer.generate().to_pem(),
            WITNESS_KEY: lambda: Ed25519Signer.generate().to_pem(),
        }
        for name, make in makers.items():
            if not (home / name).exists():
                write_private(home / name, make())
        return cls.load(home)


def coordinator_certificate(home: Path) -> CurrentCertificate:
    """Return the certificate in use of a coordinator's home folder."""
    return CurrentCertificate(key=home / TLS_KEY, certificate=home / CERTIFICATE, ca=home / CA_CERTIFICATE)
