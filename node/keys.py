"""The private keys of a node, one file each under ``HOME/keys``, readable by their owner only."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from presentation.messages import _
from service.files import read_private, write_private
from service.tls import new_tls_key
from trust.errors import KeyUnreadable
from trust.key_proofs import KeyPurpose
from trust.signing import Ed25519Signer, Signer
from trust.xeddsa import ExchangeSigner

if TYPE_CHECKING:
    from collections.abc import Callable

    from consent_ledger.proofs.note import NoteSigner
    from node.cipher import RecordCipher
    from node.pairwise import PairwiseKeys

DATA_KEY_BYTES: Final = 32
FOLDER: Final = "keys"
SIGNING, LEDGER, EXCHANGE, TLS, DATA = "signing.pem", "ledger.pem", "exchange.pem", "tls.pem", "data.key"
WITNESS: Final = "witness.pem"
FORMER: Final = "former"
"""Subfolder of keys that were replaced."""
FILES: Final = (SIGNING, LEDGER, WITNESS, EXCHANGE, TLS, DATA)


@dataclass(frozen=True)
class NodeKeys:
    """One key per use, so that no signature of one use counts for another.

    Attributes:
        signing: Ed25519, signs requests, answers, decisions and results.
        ledger: Ed25519, signs the ledger's checkpoints and nothing else.
        witness: Ed25519, cosigns the checkpoints of other entities and nothing else.
        exchange: X25519, pairwise pseudonyms of people.
        data_key: 32 bytes; wraps the key of every person in the database.
        former_exchange: replaced exchange keys that still open what was made for them.
    """

    signing: Ed25519Signer
    ledger: Ed25519Signer
    witness: Ed25519Signer
    exchange: X25519PrivateKey
    data_key: bytes
    former_exchange: tuple[X25519PrivateKey, ...] = ()

    @property
    def exchange_public(self) -> bytes:
        """The 32 raw bytes of the X25519 public key."""
        return self.exchange.public_key().public_bytes_raw()

    def signers(self) -> "dict[KeyPurpose, Signer]":
        """Return the published keys as signers, by purpose."""
        return {
            KeyPurpose.SIGNING: self.signing,
            KeyPurpose.EXCHANGE: ExchangeSigner(self.exchange),
            KeyPurpose.LEDGER: self.ledger,
            KeyPurpose.WITNESS: self.witness,
        }

    @cached_property
    def cipher(self) -> "RecordCipher":
        """The cipher of people's data at rest, derived from the data key."""
        from node.cipher import RecordCipher  # noqa: PLC0415 - few commands read a record

        return RecordCipher(self.data_key)

    @cached_property
    def _pairwise(self) -> "dict[str, PairwiseKeys]":
        return {}

    def pairwise(self, network: str) -> "PairwiseKeys":
        """Return the pseudonym keys shared with the other entities of a network, each derived once."""
        from node.pairwise import PairwiseKeys  # noqa: PLC0415 - as above

        return self._pairwise.get(network) or self._pairwise.setdefault(
            network, PairwiseKeys(self.exchange, network, former=self.former_exchange)
        )

    @cached_property
    def _note_signers(self) -> "dict[str, NoteSigner]":
        return {}

    def note_signer(self, origin: str) -> "NoteSigner":
        """Return the signer of the checkpoints of the ledger with this origin."""
        from consent_ledger.proofs.note import NoteSigner  # noqa: PLC0415 - as above

        return self._note_signers.get(origin) or self._note_signers.setdefault(origin, NoteSigner(origin, self.ledger))

    @classmethod
    def load(cls, home: Path) -> Self:
        """Read the keys of a home folder, except the TLS key, which connections read themselves.

        Raises:
            KeyUnreadable: a file is missing, malformed, or open to others.
        """
        folder = home / FOLDER
        data_key = read_private(folder / DATA)
        if len(data_key) != DATA_KEY_BYTES:
            raise KeyUnreadable(
                _("{folder} no contiene {data_key_bytes} bytes", folder=folder / DATA, data_key_bytes=DATA_KEY_BYTES),
                remedy=_REMEDY,
            )
        return cls(
            signing=Ed25519Signer.from_pem(read_private(folder / SIGNING)),
            ledger=Ed25519Signer.from_pem(read_private(folder / LEDGER)),
            witness=Ed25519Signer.from_pem(read_private(folder / WITNESS)),
            exchange=read_x25519(read_private(folder / EXCHANGE)),
            data_key=data_key,
            former_exchange=tuple(
                read_x25519(read_private(path))
                for path in sorted((folder / FORMER).glob(f"{Path(EXCHANGE).stem}-*.pem"))
            ),
        )

    @classmethod
    def create(cls, home: Path) -> Self:
        """Create the missing keys, and read them all. An interrupted ``init`` continues with the keys that it created.

        Raises:
            KeyUnreadable: a file that exists is malformed, or open to others.
        """
        makers: dict[str, Callable[[], bytes]] = {
            SIGNING: lambda: Ed25519Signer.generate().to_pem(),
            LEDGER: lambda: Ed25519Signer.generate().to_pem(),
            WITNESS: lambda: Ed25519Signer.generate().to_pem(),
            EXCHANGE: new_x25519,
            TLS: new_tls_key,
            DATA: lambda: os.urandom(DATA_KEY_BYTES),
        }
        for name, make in makers.items():
            path = home / FOLDER / name
            if not path.exists():
                write_private(path, make())
        return cls.load(home)


_REMEDY: Final = _("restaure el fichero de la clave desde una copia de seguridad")


def new_x25519() -> bytes:
    """Return a new X25519 private key as PEM."""
    return X25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_x25519(pem: bytes) -> X25519PrivateKey:
    """Read an X25519 private key.

    Raises:
        KeyUnreadable: not an unencrypted X25519 key.
    """
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnreadable(_("no es una clave privada PEM"), remedy=_REMEDY) from error
    if not isinstance(key, X25519PrivateKey):
        raise KeyUnreadable(_("no es una clave X25519"), remedy=_REMEDY)
    return key
