"""The pseudonym keys that this entity shares with others, each derived once in a process."""

from datetime import datetime
from typing import TYPE_CHECKING

from records_exchange.linkage import PairwiseKey
from trust.key_changes import EXCHANGE_GRACE, former_keys
from trust.key_proofs import KeyPurpose
from trust.parties import Party

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey


class PairwiseKeys:
    """Derives and caches pairwise keys. Safe across threads: at worst two derive the same key."""

    def __init__(self, own: "X25519PrivateKey", network: str, *, former: "tuple[X25519PrivateKey, ...]" = ()) -> None:
        self._own = own
        self._former = former
        self._network = network
        self._derived: dict[tuple[int, str], PairwiseKey] = {}

    def shared_with(self, party: Party) -> PairwiseKey:
        """Return the key shared with an entity under the exchange key that the directory gives it.

        Raises:
            PseudonymUnavailable: the exchange key is not usable.
        """
        return self._key(0, party.exchange_key)

    def ever_shared_with(self, party: Party, now: datetime) -> tuple[PairwiseKey, ...]:
        """Return the key shared with an entity, and those before one of the two changed its exchange key lately.

        Raises:
            PseudonymUnavailable: the exchange key is not usable.
        """
        former = former_keys(party.key_changes, KeyPurpose.EXCHANGE, since=now - EXCHANGE_GRACE)
        theirs = (party.exchange_key, *(key.hex() for key in former))
        return tuple(self._key(own, their) for own in range(1 + len(self._former)) for their in theirs)

    def _key(self, own: int, their: str) -> PairwiseKey:
        key = self._derived.get((own, their))
        if key is None:
            private = (self._own, *self._former)[own]
            key = self._derived[(own, their)] = PairwiseKey.derive(private, bytes.fromhex(their), network=self._network)
        return key
