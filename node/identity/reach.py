"""What the directory should say of where this node is reached, and in which way it is."""

from dataclasses import dataclass
from enum import StrEnum

from consent_ledger.proofs.cosignature import CosignatureSigner
from node.keys import NodeKeys
from node.settings import NodeSettings
from trust.parties import WitnessAddress, witness_name


class Reached(StrEnum):
    """In which way others reach an entity."""

    DIRECT = "direct"
    RELAY = "relay"
    NOT = "not"


def way_in(addresses: tuple[str, ...], *, relay: bool) -> Reached:
    """Return in which way an entity with these addresses is reached, if everything runs."""
    if addresses:
        return Reached.DIRECT
    return Reached.RELAY if relay else Reached.NOT


@dataclass(frozen=True, slots=True)
class Reach:
    """Where other entities reach a node, and where it witnesses their ledgers, if it does."""

    addresses: tuple[str, ...]
    witness: WitnessAddress | None = None


def own_cosigner(settings: NodeSettings, keys: NodeKeys) -> CosignatureSigner:
    """Return the key with which this node cosigns the ledgers of others."""
    return CosignatureSigner(witness_name(settings.network, settings.entity), keys.witness)


def own_reach(settings: NodeSettings, keys: NodeKeys) -> Reach:
    """Return where this node is reached, by its settings and keys."""
    url = settings.public_witness_url
    witness = WitnessAddress(vkey=own_cosigner(settings, keys).vkey, url=url) if url else None
    return Reach(settings.addresses, witness)
