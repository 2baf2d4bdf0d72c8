"""The comparison of this entity's entry in a directory with its keys.

With other keys in its place, calls and messages sealed for this entity would open for somebody else, and others would
take somebody else's signatures for its own.
"""

from collections.abc import Mapping

from consent_ledger.proofs.cosignature import CosignatureVerifier
from consent_ledger.proofs.note import NoteVerifier
from node.keys import NodeKeys
from node.settings import NodeSettings
from trust.key_proofs import KeyPurpose
from trust.parties import Party, ledger_origin, witness_name


def false_keys(
    listed: Party, settings: NodeSettings, keys: NodeKeys, following: Mapping[KeyPurpose, bytes]
) -> dict[str, str]:
    """Return the keys that an entry of this entity lists and that are not its own, by name; empty when all are.

    Args:
        listed: the entry.
        settings: of this node.
        keys: in use.
        following: public keys that this node made to replace those in use, which the directory may list already.
    """
    own = {
        purpose: [signer.public_key, *([following[purpose]] if purpose in following else [])]
        for purpose, signer in keys.signers().items()
    }
    origin, witness = ledger_origin(settings.network, settings.entity), witness_name(settings.network, settings.entity)
    stated = {
        "signing": (listed.signing_key, [key.hex() for key in own[KeyPurpose.SIGNING]]),
        "exchange": (listed.exchange_key, [key.hex() for key in own[KeyPurpose.EXCHANGE]]),
        "ledger": (listed.ledger_vkey, [NoteVerifier(origin, key).vkey for key in own[KeyPurpose.LEDGER]]),
    }
    if listed.witness_key:
        stated["witness"] = (listed.witness_key, [key.hex() for key in own[KeyPurpose.WITNESS]])
    if listed.witness is not None:
        ours = [CosignatureVerifier(witness, key).vkey for key in own[KeyPurpose.WITNESS]]
        stated["witness address"] = (listed.witness.vkey, ours)
    return {name: theirs for name, (theirs, ours) in stated.items() if theirs not in ours}
