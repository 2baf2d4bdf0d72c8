"""The pseudonym keys that this entity shares with others: each derived once, in every process that needs it."""

from typing import TYPE_CHECKING

from records_exchange.linkage import PairwiseKey
from trust.parties import Party

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


class PairwiseKeys:
    """Safe to use from several threads: who comes second at worst derives the same key again."""

    def __init__(self, own: "X25519PrivateKey", network: str) -> None:
        self._own = own
        self._network = network
        self._derived: dict[str, PairwiseKey] = {}

    def shared_with(self, party: Party) -> PairwiseKey:
        """Return the key shared with an entity under the exchange key that the directory gives it.

        Raises:
            PseudonymUnavailable: that is no usable key.
        """
        key = self._derived.get(party.exchange_key)
        if key is None:
            key = PairwiseKey.derive(self._own, bytes.fromhex(party.exchange_key), network=self._network)
            self._derived[party.exchange_key] = key
        return key
