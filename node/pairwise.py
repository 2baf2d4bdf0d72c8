"""The pseudonym keys that this entity shares with others, each derived once in a process."""

from typing import TYPE_CHECKING

from records_exchange.linkage import PairwiseKey
from trust.parties import Party

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


class PairwiseKeys:
    """Derives and caches pairwise keys. Safe across threads: at worst two derive the same key."""

    def __init__(self, own: "X25519PrivateKey", network: str) -> None:
        self._own = own
        self._network = network
        self._derived: dict[str, PairwiseKey] = {}

    def shared_with(self, party: Party) -> PairwiseKey:
        """Return the key shared with an entity under the exchange key that the directory gives it.

        Raises:
            PseudonymUnavailable: the exchange key is not usable.
        """
        key = self._derived.get(party.exchange_key)
        if key is None:
            key = PairwiseKey.derive(self._own, bytes.fromhex(party.exchange_key), network=self._network)
            self._derived[party.exchange_key] = key
        return key
