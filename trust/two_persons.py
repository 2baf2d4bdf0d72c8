"""Acts of the Gerencia that two persons approve: who may, what they sign, and the check that two of them did.

The directory lists the records of who may approve, from the first one on. Each is approved by persons of the record
before, so that whoever knew one follows the chain: neither the coordinator nor a thief of its keys can name others.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from presentation.messages import _
from trust import canonical, signing
from trust.errors import ApprovalRefused, MalformedDocument, SignatureInvalid
from trust.key_proofs import HexSignature

APPROVAL_TYPE: Final = "application/vnd.redpact.gerencia-approval.v1+json"
MAX_PERSONS: Final = 32
MAX_RECORDS: Final = 64
NEEDED: Final = 2

_Key = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Sha256 = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
PersonId = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$")]


class ActKind(StrEnum):
    """The acts that two persons approve."""

    ADMIT = "admit"
    RECOVER = "recover"
    REINSTATE = "reinstate"
    PERSONS = "persons"


class Person(BaseModel):
    """A person of the Gerencia who may approve."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: PersonId
    key: _Key = Field(description="Ed25519")


class Act(BaseModel):
    """An act to be approved: on one entity, with one invitation; or another record of persons."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    network: str = Field(min_length=1, max_length=100)
    kind: ActKind
    record: int = Field(ge=0, le=MAX_RECORDS, description="number of the record in force when it was proposed; 0: none")
    time: AwareDatetime
    number: int = Field(default=1, ge=1, description="higher than that of the entity's last act of the kind")
    entity: str = Field(default="", max_length=63)
    name: str = Field(default="", max_length=200)
    entity_kind: str = Field(default="", max_length=20)
    secret_sha256: _Sha256 = Field(default="", description="binds it to one invitation")
    persons: tuple[Person, ...] = Field(default=(), max_length=MAX_PERSONS, description="of the next record")
    needed: int = Field(default=0, ge=0, le=NEEDED, description="of the next record: 2, or 1 to ask for nobody")

    @model_validator(mode="after")
    def _two_at_least(self) -> Self:
        ids, keys = {each.id for each in self.persons}, {each.key for each in self.persons}
        if self.kind is ActKind.PERSONS and not len(ids) == len(keys) == len(self.persons) >= self.needed >= 1:
            raise ValueError(_("para pedir dos personas hacen falta dos, cada una con su clave"))
        return self


class Approval(BaseModel):
    """One person's signature over an act and the time at which it was given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    person: PersonId
    time: AwareDatetime
    signature: HexSignature


class ApprovedAct(BaseModel):
    """An act, exactly as it was signed, with its approvals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payload: str = Field(max_length=8000)
    approvals: tuple[Approval, ...] = Field(default=(), max_length=MAX_PERSONS)

    @property
    def id(self) -> str:
        """The SHA-256 of the act, in hex."""
        return sha256(self.payload.encode()).hexdigest()

    @property
    def act(self) -> Act:
        """The act, as it says.

        Raises:
            MalformedDocument: the payload is none.
        """
        return read_act(self.payload)


Records = Annotated[tuple[ApprovedAct, ...], Field(max_length=MAX_RECORDS)]


def read_act(payload: str) -> Act:
    """Read an act.

    Raises:
        MalformedDocument: it is none.
    """
    try:
        return Act.model_validate(canonical.decode(payload.encode()))
    except ValidationError as error:
        raise MalformedDocument(_("no es un acto de la Gerencia")) from error


def encode_act(act: Act) -> str:
    """Return the bytes of an act, as they are signed, as text."""
    return canonical.encode(act.model_dump(mode="json")).decode()


def approve(payload: str, person: str, key: signing.Signer, now: datetime) -> Approval:
    """Sign an act."""
    return Approval(person=person, time=now, signature=key.sign(_message(payload, person, now)).hex())


def approvers(approved: ApprovedAct, persons: Iterable[Person]) -> frozenset[str]:
    """Return the persons whose approval of an act verifies, each once and for one key only."""
    keys = {each.id: each.key for each in persons}
    found: dict[str, str] = {}
    for each in approved.approvals:
        key = keys.get(each.person)
        if key is not None and _is_signed(approved.payload, each, key):
            found[key] = each.person
    return frozenset(found.values())


def current(records: Sequence[ApprovedAct]) -> Act | None:
    """Return the record in force; None when nobody was ever named."""
    return records[-1].act if records else None


def needed_now(records: Sequence[ApprovedAct]) -> int:
    """Return how many persons have to approve an act under the record in force."""
    act = current(records)
    return act.needed if act is not None else 1


def require_approved(
    approved: ApprovedAct, kinds: Collection[ActKind], records: Sequence[ApprovedAct], *, network: str
) -> Act:
    """Check that two different persons approved an act, by the record that it names; return it.

    Raises:
        MalformedDocument: it is no act.
        ApprovalRefused: it is of another network or kind, of a record that is not listed, or too few approved it.
    """
    act = approved.act
    if act.network != network or act.kind not in kinds or not 1 <= act.record <= len(records):
        raise ApprovalRefused(_("el acto es de otra red, de otra clase o de otra lista de personas"))
    record = records[act.record - 1].act
    if len(approvers(approved, record.persons)) < record.needed:
        raise ApprovalRefused(_("faltan aprobaciones de personas distintas de la Gerencia"))
    return act


def require_records(new: Sequence[ApprovedAct], known: Sequence[ApprovedAct], *, network: str) -> None:
    """Check that the records of who may approve continue those known, each approved by persons of the one before.

    Raises:
        ApprovalRefused, MalformedDocument: they do not.
    """
    if tuple(new[: len(known)]) != tuple(known):
        raise ApprovalRefused(_("el directorio reescribe quién aprueba en la Gerencia"))
    for number in range(len(known), len(new)):
        act = new[number].act
        if (act.network, act.kind, act.record) != (network, ActKind.PERSONS, number):
            raise ApprovalRefused(_("una lista de personas de la Gerencia está fuera de orden"))
        if number:
            require_approved(new[number], (ActKind.PERSONS,), new[:number], network=network)


def _is_signed(payload: str, approval: Approval, key: str) -> bool:
    message = _message(payload, approval.person, approval.time)
    try:
        signing.verify_signature(bytes.fromhex(key), bytes.fromhex(approval.signature), message)
    except SignatureInvalid:
        return False
    return True


def _message(payload: str, person: str, now: datetime) -> bytes:
    document = {"act_sha256": sha256(payload.encode()).hexdigest(), "person": person, "time": now.isoformat()}
    return signing.pae(APPROVAL_TYPE, canonical.encode(document))
