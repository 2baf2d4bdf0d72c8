"""The comparison of this entity's entry in a directory with its keys.

With other keys in its place, calls and messages sealed for this entity would open for somebody else, and others would
take somebody else's signatures for its own.
"""

from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.proofs.note import NoteSigner
from node.keys import NodeKeys
from node.settings import NodeSettings
from trust.parties import Party, ledger_origin, witness_name


def false_keys(listed: Party, settings: NodeSettings, keys: NodeKeys) -> dict[str, str]:
    """Return the keys that an entry of this entity lists and that are not its own, by name; empty when all are."""
    network, entity = settings.network, settings.entity
    stated = {
        "signing": (listed.signing_key, keys.signing.public_key.hex()),
        "exchange": (listed.exchange_key, keys.exchange_public.hex()),
        "ledger": (listed.ledger_vkey, NoteSigner(ledger_origin(network, entity), keys.ledger).vkey),
    }
    if listed.witness_key:
        stated["witness"] = (listed.witness_key, keys.witness.public_key.hex())
    if listed.witness is not None:
        own = CosignatureSigner(witness_name(network, entity), keys.witness).vkey
        stated["witness address"] = (listed.witness.vkey, own)
    return {name: theirs for name, (theirs, ours) in stated.items() if theirs != ours}
