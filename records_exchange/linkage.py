"""Pairwise pseudonyms, by which two entities name a person without sending a document, not even inside TLS.

The two exchange keys (X25519, RFC 7748) of the directory give a secret that only these two entities share. HKDF
(RFC 5869) derives a key from it that is bound to the network and both public keys. The pseudonym of a person is
HMAC-SHA256 (RFC 2104) of ``kind|document`` under that key. A person has unrelated pseudonyms in every pair, so that
pseudonyms of different pairs cannot be joined, and the coordinator can compute none.

Limit: the holder knows the key, and could try every document (about 10^8) to identify the person of a request. The
private locator restricts requests to the holders that the person's consent names.
"""

import hashlib
import hmac
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from presentation.messages import _
from records_exchange.errors import PseudonymUnavailable

_INFO: Final = b"redpact/pairwise-pseudonym/v1"
_CHECK_INFO: Final = b"redpact/identity-check/v1"
_KEY_BYTES: Final = 32


class PairwiseKey:
    """The pseudonym key of two entities; either side derives the same one."""

    __slots__ = ("_checking", "_key", "id")

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._checking = HKDFExpand(SHA256(), _KEY_BYTES, _CHECK_INFO).derive(key)
        self.id = hashlib.sha256(_INFO + b"/id" + key).hexdigest()[:16]
        """The key's name in the linkage index; it changes with either side's exchange key."""

    @classmethod
    def derive(cls, own: X25519PrivateKey, peer: bytes, *, network: str) -> Self:
        """Derive the key that we share with a peer.

        Args:
            own: our exchange key.
            peer: the peer's 32-byte X25519 public key, from the directory.
            network: the network's name, so that keys reused in another network give other pseudonyms.

        Raises:
            PseudonymUnavailable: `peer` is not a usable public key.
        """
        try:
            shared = own.exchange(X25519PublicKey.from_public_bytes(peer))
        except ValueError as error:  # wrong length, or a low-order point: the shared secret would be known to all
            raise PseudonymUnavailable(
                _("la clave de intercambio de la otra entidad no es una clave X25519 válida")
            ) from error
        low, high = sorted((own.public_key().public_bytes_raw(), peer))
        info = b"|".join((_INFO, network.encode(), low, high))
        return cls(HKDF(SHA256(), _KEY_BYTES, salt=None, info=info).derive(shared))

    def pseudonym(self, kind: str, document: str) -> str:
        """Return the pseudonym, 64 hex digits.

        Args:
            kind: the kind of document (``dni``, ``nie``, ``passport``).
            document: the document in its normalised form; other forms give other pseudonyms.
        """
        return hmac.digest(self._key, f"{kind}|{document}".encode(), "sha256").hex()

    def check_value(self, text: str) -> str:
        """Return 64 hex digits of a text, under a key of the pair that no pseudonym is made with.

        For `records_exchange.identity_check`, which sends a few of them.
        """
        return hmac.digest(self._checking, text.encode(), "sha256").hex()
