"""Recovery of an entity that lost its keys: other keys, stated without the old ones, that all see before they count.

The directory lists a recovery from the moment at which the coordinator opened it, and the new keys after `WAIT` at
the earliest. Meanwhile the owner of the old keys, if there still is one, can veto it. Each node counts the time itself,
from the moment at which it took the first directory that told of it (`node.recovery_waits`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from presentation.messages import _
from trust import canonical, signing
from trust.errors import MalformedDocument, RecoveryRefused
from trust.key_changes import MAX_CHANGES
from trust.key_proofs import HexSignature, KeyPurpose, verify_by
from trust.two_persons import ApprovedAct

RECOVERY_TYPE: Final = "application/vnd.redpact.key-recovery.v1+json"
VETO_TYPE: Final = "application/vnd.redpact.recovery-veto.v1+json"
WAIT: Final = timedelta(hours=48)
"""Shortest time between the directory that first tells of a recovery and the one that lists its keys."""
MAX_RECOVERIES: Final = 16
"""Recoveries of one entity over its whole life: all stay in its entry."""
MAX_OPENING_DELAY: Final = timedelta(minutes=10)
"""Largest difference between the statement and its opening, so that an old statement opens nothing again."""

_Key = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Keys = dict[KeyPurpose, _Key]


class RecoveryStatement(BaseModel):
    """The keys with which an entity comes back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    network: str = Field(min_length=1, max_length=100)
    entity: str = Field(min_length=1, max_length=63)
    time: AwareDatetime
    secret_sha256: _Sha256 = Field(description="binds it to one invitation")
    new: _Keys = Field(description="raw public keys, one for each purpose")

    @model_validator(mode="after")
    def _every_purpose(self) -> Self:
        if set(self.new) != set(KeyPurpose):
            raise ValueError(_("una recuperación da una clave nueva para cada uso"))
        return self


class VetoStatement(BaseModel):
    """The objection of the owner of the old keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    network: str = Field(min_length=1, max_length=100)
    entity: str = Field(min_length=1, max_length=63)
    recovery: _Sha256 = Field(description="the id of the recovery")
    time: AwareDatetime


class Veto(BaseModel):
    """A signed veto: the exact payload, and the signature of the entity's signing key of before the recovery."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payload: str = Field(max_length=1000)
    by_signing: HexSignature

    @classmethod
    def signed(cls, statement: VetoStatement, signer: signing.Signer) -> Self:
        """Sign a veto."""
        payload = canonical.encode(statement.model_dump(mode="json"))
        return cls(payload=payload.decode(), by_signing=signer.sign(signing.pae(VETO_TYPE, payload)).hex())

    @property
    def statement(self) -> VetoStatement:
        """The statement, as it says; `require` checks it.

        Raises:
            MalformedDocument: the payload is none.
        """
        try:
            return VetoStatement.model_validate(canonical.decode(self.payload.encode()))
        except ValidationError as error:
            raise MalformedDocument(_("no es un veto")) from error

    def require(self, recovery: "Recovery", *, network: str, entity: str) -> None:
        """Check that it is a veto of a recovery, by the signing key that this would replace.

        Raises:
            MalformedDocument: it is no veto.
            SignatureInvalid: another key signed it.
            RecoveryRefused: it is of another recovery, entity or network.
        """
        stated, message = self.statement, signing.pae(VETO_TYPE, self.payload.encode())
        signing.verify_signature(
            bytes.fromhex(recovery.old[KeyPurpose.SIGNING]), bytes.fromhex(self.by_signing), message
        )
        if (stated.network, stated.entity, stated.recovery) != (network, entity, recovery.id):
            raise RecoveryRefused(_("el veto es de otra recuperación"))


class Recovery(BaseModel):
    """A recovery as the directory lists it.

    The coordinator states when it opened it, and the keys that it would replace; whoever knew these compares them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    payload: str = Field(max_length=2000)
    signatures: dict[KeyPurpose, HexSignature] = Field(description="over the payload, by each new key")
    opened: AwareDatetime
    after: int = Field(ge=0, le=MAX_CHANGES, description="number of the entity's key changes before it")
    old: _Keys = Field(description="raw public keys that the entity had")
    veto: Veto | None = None
    approved: ApprovedAct | None = Field(default=None, description="by two persons, where they are asked for")

    @model_validator(mode="after")
    def _from_an_entry(self) -> Self:
        if KeyPurpose.SIGNING not in self.old:
            raise ValueError(_("una recuperación parte de las claves que tenía la entidad"))
        return self

    @classmethod
    def signed(
        cls,
        statement: RecoveryStatement,
        signers: Mapping[KeyPurpose, signing.Signer],
        *,
        opened: datetime,
        after: int,
        old: Mapping[KeyPurpose, bytes],
    ) -> Self:
        """Sign a recovery with its new keys; exchange keys are given as `ExchangeSigner`."""
        payload = canonical.encode(statement.model_dump(mode="json"))
        return cls(
            payload=payload.decode(),
            signatures=sign_recovery(payload, signers),
            opened=opened,
            after=after,
            old={purpose: key.hex() for purpose, key in old.items()},
        )

    @property
    def id(self) -> str:
        """The SHA-256 of what the new keys signed, in hex."""
        return sha256(self.payload.encode()).hexdigest()

    @property
    def statement(self) -> RecoveryStatement:
        """The statement, as it says; `verified` checks it.

        Raises:
            MalformedDocument: the payload is none.
        """
        return read_recovery(self.payload.encode())

    @property
    def counts_from(self) -> datetime:
        """The earliest time of a directory that lists the new keys."""
        return self.opened + WAIT

    def is_same(self, other: "Recovery | None") -> bool:
        """Return whether the other is this recovery, opened at the same time; a veto may have come to one of them."""
        return other is not None and self.model_copy(update={"veto": None}) == other.model_copy(update={"veto": None})

    def new_keys(self) -> dict[KeyPurpose, bytes]:
        """Return the raw keys that it brings."""
        return {purpose: bytes.fromhex(key) for purpose, key in self.statement.new.items()}

    def old_keys(self) -> dict[KeyPurpose, bytes]:
        """Return the raw keys that it replaces."""
        return {purpose: bytes.fromhex(key) for purpose, key in self.old.items()}

    def verified(self, *, network: str, entity: str) -> RecoveryStatement:
        """Check the signatures of the new keys, and the veto if there is one; return the statement.

        Raises:
            MalformedDocument: the payload is none.
            SignatureInvalid: a new key did not sign it, or the old one not the veto.
            RecoveryRefused: it is of another entity or network, or was opened long after it was stated.
        """
        statement = self.statement
        verify_recovery(self.payload.encode(), self.signatures)
        if (statement.network, statement.entity) != (network, entity):
            raise RecoveryRefused(_("la recuperación es de otra entidad o de otra red"))
        if abs(self.opened - statement.time) > MAX_OPENING_DELAY:
            raise RecoveryRefused(_("la recuperación de {entity} no es de cuando se abrió", entity=entity))
        if self.veto is not None:
            self.veto.require(self, network=network, entity=entity)
        return statement


def sign_recovery(payload: bytes, signers: Mapping[KeyPurpose, signing.Signer]) -> dict[KeyPurpose, str]:
    """Return the signatures of a statement by the keys of each purpose, in hex."""
    message = signing.pae(RECOVERY_TYPE, payload)
    return {purpose: signers[purpose].sign(message).hex() for purpose in KeyPurpose}


def read_recovery(payload: bytes) -> RecoveryStatement:
    """Read a statement; no signature is checked.

    Raises:
        MalformedDocument: it is none.
    """
    try:
        return RecoveryStatement.model_validate(canonical.decode(payload))
    except ValidationError as error:
        raise MalformedDocument(_("no es una declaración de recuperación de claves")) from error


def verify_recovery(payload: bytes, signatures: Mapping[KeyPurpose, str]) -> None:
    """Check that each new key signed a statement.

    Raises:
        MalformedDocument: it is none, or a signature is missing.
        SignatureInvalid: a key did not sign it.
    """
    message = signing.pae(RECOVERY_TYPE, payload)
    for purpose, key in read_recovery(payload).new.items():
        if purpose not in signatures:
            raise MalformedDocument(_("falta la firma de la clave «{purpose}»", purpose=purpose.value))
        verify_by(purpose, bytes.fromhex(key), bytes.fromhex(signatures[purpose]), message)


Recoveries = Annotated[tuple[Recovery, ...], Field(max_length=MAX_RECOVERIES)]
