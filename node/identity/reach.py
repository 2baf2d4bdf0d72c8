"""The addresses of this node for the directory, and the way by which others reach it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.proofs.note import NoteSignature
from node.context import NodeContext
from node.keys import NodeKeys
from node.settings import NodeSettings
from trust.parties import WitnessAddress, witness_name


class Reachability(StrEnum):
    """The way by which others reach an entity."""

    DIRECT = "direct"
    RELAY = "relay"
    NOT = "not"


def reachability(addresses: tuple[str, ...], *, relay: bool) -> Reachability:
    """Return the way by which an entity with these addresses is reached while everything runs."""
    if addresses:
        return Reachability.DIRECT
    return Reachability.RELAY if relay else Reachability.NOT


@dataclass(frozen=True, slots=True)
class Reach:
    """The addresses of a node, and its witness, None when it witnesses no ledgers."""

    addresses: tuple[str, ...]
    witness: WitnessAddress | None = None


def own_cosigner(settings: NodeSettings, keys: NodeKeys) -> CosignatureSigner:
    """Return the key with which this node cosigns the ledgers of others."""
    return CosignatureSigner(witness_name(settings.network, settings.entity), keys.witness)


@dataclass(frozen=True, slots=True)
class CurrentCosigner:
    """The witness key in use at each moment, as it may be replaced while the service runs."""

    context: NodeContext

    @property
    def name(self) -> str:
        """The key name."""
        return self._cosigner().name

    @property
    def vkey(self) -> str:
        """The verifier key to hand out."""
        return self._cosigner().vkey

    def cosign(self, text: str, now: datetime) -> NoteSignature:
        """Return the signature line over the text of a checkpoint, made at `now`."""
        return self._cosigner().cosign(text, now)

    def _cosigner(self) -> CosignatureSigner:
        return own_cosigner(self.context.settings, self.context.keys)


def own_reach(settings: NodeSettings, keys: NodeKeys) -> Reach:
    """Return the addresses and the witness of this node, by its settings and keys."""
    url = settings.public_witness_url
    witness = WitnessAddress(vkey=own_cosigner(settings, keys).vkey, url=url) if url else None
    return Reach(settings.addresses, witness)
