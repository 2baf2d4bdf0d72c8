"""Applications of entities that want to join, honest but for what a test changes."""

from typing import Any

from consent_ledger.proofs.note import NoteSigner
from node.keys import NodeKeys
from trust.enrolment import EntityApplication
from trust.key_proofs import KeyPurpose, prove_possession
from trust.parties import ledger_origin


def entity_application(keys: NodeKeys, *, network: str, entity: str, **changes: Any) -> EntityApplication:
    """Return an application with these keys and the proofs that they give."""
    owner = {"network": network, "entity": entity, "signing_key": keys.signing.public_key.hex()}
    values: dict[str, Any] = {
        **owner,
        "addresses": (),
        "exchange_key": keys.exchange_public.hex(),
        "ledger_vkey": NoteSigner(ledger_origin(network, entity), keys.ledger).vkey,
        "witness_key": keys.witness.public_key.hex(),
        "secret_sha256": "c" * 64,
        "csr_sha256": "d" * 64,
    }
    for purpose, signer in keys.signers().items():
        if purpose is not KeyPurpose.SIGNING:
            values[f"{purpose.value}_proof"] = prove_possession(signer, purpose, **owner)
    return EntityApplication.model_validate(values | changes)
