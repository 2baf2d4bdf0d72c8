"""Statements with which an entity publishes a key of pseudonyms: signed by the entity, with proof that it has the key.

The directory carries them, so that every node checks for itself that the key is the entity's: the coordinator alone
cannot put another in its place.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from presentation.messages import _
from records_exchange import oprf
from records_exchange.errors import HeldKeyUnproven, OprfProofInvalid, OprfValueInvalid
from trust import canonical, signing
from trust.errors import TrustError
from trust.key_changes import former_keys
from trust.key_proofs import KeyPurpose
from trust.locator_terms import HeldKey, KeyStatementRecord
from trust.parties import EntityId, HexKey, Party

STATEMENT_TYPE: Final = "application/vnd.redpact.pseudonym-key.v1+json"
MAX_KEYS: Final = 10_000


class KeyStatement(BaseModel):
    """The content of a statement."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    network: str = Field(min_length=1, max_length=100)
    entity: EntityId
    sequence: int = Field(ge=1, le=MAX_KEYS, description="1 for the entity's first key of pseudonyms")
    public_key: HexKey = Field(description="ristretto255")
    time: AwareDatetime


def state_key(statement: KeyStatement, pair: oprf.KeyPair, signer: signing.Signer) -> KeyStatementRecord:
    """Sign a statement with the entity's signing key, and prove possession of the key that it names."""
    payload = canonical.encode(statement.model_dump(mode="json"))
    message = signing.pae(STATEMENT_TYPE, payload)
    return KeyStatementRecord(
        payload=payload.decode(),
        by_signing=signer.sign(message).hex(),
        possession=oprf.prove_key(pair, message).hex(),
    )


def stated_key(record: KeyStatementRecord, party: Party, network: str) -> KeyStatement:
    """Verify a statement of an entity, and return it.

    Not checked here: its time, and that the entity made no later one.

    Raises:
        HeldKeyUnproven: it is none, of another entity or network, not signed by it, or without possession of the key.
    """
    keys = _signing_keys(party, _parsed(record.payload).time)
    return _verified(record, party.id, network, keys)


def require_stated(held: HeldKey, party: Party, network: str) -> KeyStatement:
    """Verify that a key of an epoch is the one that its holder states.

    Raises:
        HeldKeyUnproven: as `stated_key`; or there is no statement, or it names another key.
    """
    if held.statement is None:
        raise _unproven(held.holder, _("falta su declaración"))
    statement = stated_key(held.statement, party, network)
    if statement.public_key != held.public_key:
        raise _unproven(held.holder, _("su declaración es de otra clave"))
    return statement


@lru_cache(maxsize=256)
def _verified(record: KeyStatementRecord, entity: str, network: str, keys: tuple[bytes, ...]) -> KeyStatement:
    statement = _parsed(record.payload)
    if (statement.entity, statement.network) != (entity, network):
        raise _unproven(entity, _("la declaración es de otra entidad o de otra red"))
    message = signing.pae(STATEMENT_TYPE, record.payload.encode())
    if not any(_signed(key, record.by_signing, message) for key in keys):
        raise _unproven(entity, _("la declaración no lleva su firma"))
    try:
        oprf.verify_key(bytes.fromhex(statement.public_key), message, bytes.fromhex(record.possession))
    except (OprfProofInvalid, OprfValueInvalid) as error:
        raise _unproven(entity, error.message) from error
    return statement


def _signing_keys(party: Party, since: datetime) -> tuple[bytes, ...]:
    """Return the signing keys that were the entity's then or later, as its chain of changes shows."""
    return (bytes.fromhex(party.signing_key), *former_keys(party.key_changes, KeyPurpose.SIGNING, since=since))


def _signed(key: bytes, signature: str, message: bytes) -> bool:
    try:
        signing.verify_signature(key, bytes.fromhex(signature), message)
    except TrustError:
        return False
    return True


def _parsed(payload: str) -> KeyStatement:
    try:
        return KeyStatement.model_validate(canonical.decode(payload.encode()))
    except (TrustError, ValidationError) as error:
        raise HeldKeyUnproven(_("no es una declaración de clave de seudónimos")) from error


def _unproven(holder: str, reason: str) -> HeldKeyUnproven:
    return HeldKeyUnproven(
        _("la clave de seudónimos que se atribuye a {holder} no está probada: {reason}", holder=holder, reason=reason),
        remedy=_("avise a {holder} y a quien administra el coordinador", holder=holder),
    )
