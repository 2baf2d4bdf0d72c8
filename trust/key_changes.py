"""Changes of an entity's keys: statements by the key that is left, the key that follows, and the signing key in force.

The directory publishes them, one after the other, in the entity's entry. Whoever knew a key verifies the chain from
there on: neither the coordinator nor a thief of one key can put another in an entity's place unnoticed.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from presentation.messages import _
from trust import canonical, signing
from trust.errors import KeyChangeUnproven, MalformedDocument
from trust.key_proofs import HexSignature, KeyPurpose, verify_by

KEY_CHANGE_TYPE: Final = "application/vnd.redpact.key-change.v1+json"
MAX_CHANGES: Final = 64
"""Changes of one entity's keys, over its whole life: all stay in its entry."""

SIGNING_GRACE: Final = timedelta(minutes=10)
"""Time for which a replaced signing or ledger key still counts in messages: those under way, and peers not told yet."""

EXCHANGE_GRACE: Final = timedelta(days=30)
"""Time for which an entity still opens what was made for its replaced exchange key: longer than any directory lasts."""

_Key = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class KeyChange(BaseModel):
    """The content of a statement: one raw key is replaced by another."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    network: str = Field(min_length=1, max_length=100)
    entity: str = Field(min_length=1, max_length=63)
    purpose: KeyPurpose
    sequence: int = Field(ge=1, le=MAX_CHANGES, description="1 for the entity's first change, of whichever key")
    time: AwareDatetime
    old: _Key
    new: _Key


class KeyChangeRecord(BaseModel):
    """A signed statement: the exact payload, and three signatures over it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payload: str = Field(max_length=1000)
    by_signing: HexSignature = Field(description="by the signing key in force before the change")
    by_old: HexSignature
    by_new: HexSignature

    @classmethod
    def signed(
        cls, change: KeyChange, *, signing_key: signing.Signer, old: signing.Signer, new: signing.Signer
    ) -> Self:
        """Sign a change; exchange keys are given as `ExchangeSigner`."""
        payload = canonical.encode(change.model_dump(mode="json"))
        message = signing.pae(KEY_CHANGE_TYPE, payload)
        by_signing, by_old, by_new = (each.sign(message).hex() for each in (signing_key, old, new))
        return cls(payload=payload.decode(), by_signing=by_signing, by_old=by_old, by_new=by_new)

    @property
    def change(self) -> KeyChange:
        """The statement, as it says; `verified` checks it.

        Raises:
            MalformedDocument: the payload is none.
        """
        return _parsed(self.payload)

    def verified(self, signing_key: bytes) -> KeyChange:
        """Verify the three signatures and return the statement.

        Args:
            signing_key: the entity's signing key before the change.

        Raises:
            MalformedDocument: the payload is no statement.
            SignatureInvalid: one of the keys did not sign it.
        """
        change, message = self.change, signing.pae(KEY_CHANGE_TYPE, self.payload.encode())
        signing.verify_signature(signing_key, bytes.fromhex(self.by_signing), message)
        verify_by(change.purpose, bytes.fromhex(change.old), bytes.fromhex(self.by_old), message)
        verify_by(change.purpose, bytes.fromhex(change.new), bytes.fromhex(self.by_new), message)
        return change


KeyChangeRecords = Annotated[tuple[KeyChangeRecord, ...], Field(max_length=MAX_CHANGES)]


@lru_cache(maxsize=4096)
def _parsed(payload: str) -> KeyChange:
    try:
        return KeyChange.model_validate(canonical.decode(payload.encode()))
    except ValidationError as error:
        raise MalformedDocument(_("no es una declaración de cambio de clave")) from error


def followed(
    keys: Mapping[KeyPurpose, bytes], records: KeyChangeRecords, *, network: str, entity: str, after: int
) -> dict[KeyPurpose, bytes]:
    """Return the keys to which a chain of changes leads.

    Args:
        keys: raw keys before the first of `records`.
        records: in their order.
        network: the network's name.
        entity: whose keys they are.
        after: number of changes before them.

    Raises:
        KeyChangeUnproven: a change is of another entity, out of order, or not from the key in force.
        MalformedDocument, SignatureInvalid: a record is none, or a key did not sign it.
    """
    reached = dict(keys)
    for sequence, record in enumerate(records, after + 1):
        change = record.verified(reached[KeyPurpose.SIGNING])
        if (change.network, change.entity, change.sequence) != (network, entity, sequence):
            raise KeyChangeUnproven(
                _("un cambio de clave de {entity} no es suyo, o está fuera de orden", entity=entity)
            )
        if reached.get(change.purpose, b"").hex() != change.old:
            raise KeyChangeUnproven(
                _(
                    "un cambio de la clave «{purpose}» de {entity} no parte de la que tenía",
                    purpose=change.purpose.value,
                    entity=entity,
                )
            )
        reached[change.purpose] = bytes.fromhex(change.new)
    return reached


def former_keys(records: KeyChangeRecords, purpose: KeyPurpose, *, since: datetime | None = None) -> tuple[bytes, ...]:
    """Return the replaced keys of a purpose, the newest first; with `since`, those replaced at or after it."""
    changes = [record.change for record in reversed(records)]
    return tuple(
        bytes.fromhex(change.old)
        for change in changes
        if change.purpose is purpose and (since is None or change.time >= since)
    )
