"""Proofs that an entity has the private key of each public key that it publishes.

Without one, a member could publish another's key as its own: what the other signed would count for two, and who has it
could not be told. Each proof is a signature by the key over its purpose, the entity and the entity's signing key, so
that it serves for nothing else.
"""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from trust import canonical, signing
from trust.xeddsa import verify_exchange_signature

POSSESSION_TYPE: Final = "application/vnd.redpact.key-possession.v1+json"

HexSignature = Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]


class KeyPurpose(StrEnum):
    """The purposes of an entity's published keys."""

    SIGNING = "signing"
    EXCHANGE = "exchange"
    LEDGER = "ledger"
    WITNESS = "witness"


def prove_possession(
    signer: signing.Signer, purpose: KeyPurpose, *, network: str, entity: str, signing_key: str
) -> str:
    """Return the proof, in hex, that `signer` is the entity's key for a purpose; an `ExchangeSigner` for exchange."""
    return signer.sign(_message(signer.public_key, purpose, network, entity, signing_key)).hex()


def verify_possession(
    proof: str, key: bytes, purpose: KeyPurpose, *, network: str, entity: str, signing_key: str
) -> None:
    """Check a proof.

    Raises:
        SignatureInvalid: it is not by `key`, or for another purpose, entity, network or signing key.
    """
    verify_by(purpose, key, bytes.fromhex(proof), _message(key, purpose, network, entity, signing_key))


def verify_by(purpose: KeyPurpose, key: bytes, signature: bytes, message: bytes) -> None:
    """Check a signature by a key of a purpose: XEdDSA for exchange keys, Ed25519 for the others.

    Raises:
        SignatureInvalid: it is not of `message` by that key.
    """
    verify = verify_exchange_signature if purpose is KeyPurpose.EXCHANGE else signing.verify_signature
    verify(key, signature, message)


def _message(key: bytes, purpose: KeyPurpose, network: str, entity: str, signing_key: str) -> bytes:
    document = {
        "network": network,
        "entity": entity,
        "purpose": purpose.value,
        "key": key.hex(),
        "signing_key": signing_key,
    }
    return signing.pae(POSSESSION_TYPE, canonical.encode(document))
