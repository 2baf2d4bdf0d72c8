"""The masking keys: a fresh X25519 key of each entity for each campaign, signed with its long-term signing key.

Every node knows the signing keys of all entities from the pinned, signed directory, so that the coordinator, which
forwards the statements, cannot replace a key.
"""

from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pydantic import BaseModel, ConfigDict, Field

from federated.campaign.manifest import CampaignId, Sha256Hex
from federated.campaign.signed_documents import parse_document, seal_document
from federated.errors import KeyStatementInvalid
from presentation.messages import _
from trust import signing
from trust.parties import EntityId, HexKey

KEY_STATEMENT_TYPE: Final = "application/vnd.redpact.secagg-key.v1+json"


class KeyStatement(BaseModel):
    """The content of a key statement, bound to the exact bytes of one manifest: it cannot be used for another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    campaign_id: CampaignId
    manifest_sha256: Sha256Hex
    entity: EntityId
    channel_key: HexKey = Field(description="X25519 public key, made for this campaign")


def new_private_key() -> bytes:
    """Return a fresh X25519 private key from the operating system's randomness, 32 bytes."""
    return X25519PrivateKey.generate().private_bytes_raw()


def public_key(private_key: bytes) -> bytes:
    """Return the public key, 32 bytes, of a private key of 32 bytes."""
    return X25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()


def check_public_key(entity: str, key: bytes) -> None:
    """Check that the public key of another entity is usable for key agreement.

    Raises:
        KeyStatementInvalid: wrong length, or a low-order point, whose shared secrets are known to all.
    """
    try:
        # Whatever the private key, a low-order point gives the all-zero secret, which the library refuses.
        X25519PrivateKey.from_private_bytes(bytes(range(32))).exchange(X25519PublicKey.from_public_bytes(key))
    except ValueError as error:
        raise KeyStatementInvalid(_("{entity}: no es una clave X25519 utilizable", entity=entity)) from error


def seal_key_statement(statement: KeyStatement, signer: signing.Signer) -> signing.Envelope:
    """Sign a key statement with the entity's signing key."""
    return seal_document(statement, KEY_STATEMENT_TYPE, signer)


def open_key_statement(
    envelope: signing.Envelope, *, entity: str, entity_key: bytes, campaign_id: str, manifest_sha256: str
) -> KeyStatement:
    """Verify a key statement under the entity's signing key of the directory and return its content.

    Raises:
        SignatureInvalid: not signed by that key.
        MalformedDocument, KeyStatementInvalid: signed, but not that entity's statement, for this manifest, of a usable
            key.
    """
    payload = signing.open_envelope(envelope, payload_type=KEY_STATEMENT_TYPE, public_key=entity_key)
    statement = parse_document(payload, KeyStatement, KeyStatementInvalid)
    if statement.entity != entity:
        raise KeyStatementInvalid(
            _(
                "la declaración de clave está firmada por {entity}, pero la envió {entity2}",
                entity=statement.entity,
                entity2=entity,
            )
        )
    if (statement.campaign_id, statement.manifest_sha256) != (campaign_id, manifest_sha256):
        raise KeyStatementInvalid(_("{entity}: la declaración de clave es para otra campaña", entity=entity))
    check_public_key(entity, bytes.fromhex(statement.channel_key))
    return statement
