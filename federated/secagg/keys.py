"""The masking keys: a fresh X25519 key of each entity for each campaign, signed with its long-term signing key.

Every node knows the signing keys of all entities from the pinned, logged directory, so that the coordinator, which
forwards the statements, cannot replace a key. Each entity first signs a commitment, the hash of the statement that it
will reveal, so that nobody can choose its key after it has seen the keys of others. With the key it commits to its
share of the campaign's group key (`federated.duplicates.group_key`).
"""

import hashlib
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from pydantic import BaseModel, ConfigDict, Field

from federated.campaign.manifest import CampaignId, Sha256Hex
from federated.campaign.signed_documents import parse_document, seal_document
from federated.errors import KeyStatementInvalid
from presentation.messages import _
from trust import signing
from trust.parties import EntityId, HexKey

KEY_COMMITMENT_TYPE: Final = "application/vnd.redpact.secagg-key-commitment.v1+json"
KEY_STATEMENT_TYPE: Final = "application/vnd.redpact.secagg-key.v2+json"


class EntityStatement(BaseModel):
    """A signed statement of an entity in a campaign, bound to one manifest: it cannot be used for another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    campaign_id: CampaignId
    manifest_sha256: Sha256Hex
    entity: EntityId


class KeyCommitment(EntityStatement):
    """The content of a commitment to a key statement that is revealed later."""

    statement_sha256: Sha256Hex = Field(description="of the exact bytes of the signed key statement")


class KeyStatement(EntityStatement):
    """The content of a key statement."""

    channel_key: HexKey = Field(description="X25519 public key, made for this campaign")
    group_commitment: Sha256Hex = Field(description="to the entity's share of the group key")


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


def seal_statement(statement: EntityStatement, payload_type: str, signer: signing.Signer) -> signing.Envelope:
    """Sign a statement with the entity's signing key."""
    return seal_document(statement, payload_type, signer)


def seal_key_statement(statement: KeyStatement, signer: signing.Signer) -> signing.Envelope:
    """Sign a key statement with the entity's signing key."""
    return seal_statement(statement, KEY_STATEMENT_TYPE, signer)


def statement_sha256(statement: bytes) -> str:
    """Return the hash, in hex, by which a commitment names the exact bytes of a signed key statement."""
    return hashlib.sha256(statement).hexdigest()


_Statement = TypeVar("_Statement", bound=EntityStatement)


def open_statement(
    envelope: signing.Envelope, kind: tuple[type[_Statement], str], entity_key: bytes, expected: EntityStatement
) -> _Statement:
    """Verify a statement under the entity's signing key of the directory and return its content.

    Args:
        envelope: the statement.
        kind: its model and its payload type.
        entity_key: signing key of the entity.
        expected: the entity, campaign and manifest that it must name.

    Raises:
        SignatureInvalid: not signed by that key.
        MalformedDocument, KeyStatementInvalid: signed, but not such a statement of that entity for this manifest.
    """
    model, payload_type = kind
    payload = signing.open_envelope(envelope, payload_type=payload_type, public_key=entity_key)
    statement = parse_document(payload, model, KeyStatementInvalid)
    if statement.entity != expected.entity:
        raise KeyStatementInvalid(
            _(
                "la declaración de clave está firmada por {entity}, pero la envió {entity2}",
                entity=statement.entity,
                entity2=expected.entity,
            )
        )
    named = (statement.campaign_id, statement.manifest_sha256)
    if named != (expected.campaign_id, expected.manifest_sha256):
        raise KeyStatementInvalid(_("{entity}: la declaración de clave es para otra campaña", entity=expected.entity))
    return statement


def open_key_statement(
    envelope: signing.Envelope, *, entity: str, entity_key: bytes, campaign_id: str, manifest_sha256: str
) -> KeyStatement:
    """Verify a key statement under the entity's signing key of the directory and return its content.

    Raises:
        SignatureInvalid: not signed by that key.
        MalformedDocument, KeyStatementInvalid: signed, but not that entity's statement, for this manifest, of a usable
            key.
    """
    expected = EntityStatement(campaign_id=campaign_id, manifest_sha256=manifest_sha256, entity=entity)
    statement = open_statement(envelope, (KeyStatement, KEY_STATEMENT_TYPE), entity_key, expected)
    check_public_key(entity, bytes.fromhex(statement.channel_key))
    return statement
