"""Statements with which an entity changes what the coordinator keeps of it, signed with the entity's signing key.

A certificate proves who holds a TLS connection, not who decides for the entity: its key lies where connections are
served. The certificate's renewal and the published addresses therefore need the signing key as well.
"""

from datetime import datetime, timedelta
from typing import Final, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from presentation.messages import _, plural
from trust import canonical, signing
from trust.addresses import Address
from trust.errors import MalformedDocument, StatementRefused
from trust.key_proofs import HexSignature
from trust.parties import EntityId, Party, WitnessAddress

MAX_CLOCK_SKEW: Final = timedelta(minutes=10)
"""Largest difference between the clocks of the entity and of the coordinator."""


class EntityStatement(BaseModel):
    """The fields of every statement; none is taken after a later one of the entity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    network: str = Field(min_length=1, max_length=100)
    entity: EntityId
    time: AwareDatetime


class RenewalStatement(EntityStatement):
    """A request for the next certificate."""

    csr_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="binds the statement to one certificate request")


class AddressStatement(EntityStatement):
    """The addresses at which the entity is reached, and its witness."""

    addresses: tuple[Address, ...] = Field(max_length=8)
    witness: WitnessAddress | None = None
    witness_proof: HexSignature | None = Field(default=None, description="by the witness key: needed for a witness")


TYPES: Final = {
    RenewalStatement: "application/vnd.redpact.certificate-renewal.v1+json",
    AddressStatement: "application/vnd.redpact.entity-addresses.v1+json",
}

Statement = TypeVar("Statement", bound=EntityStatement)


def seal_statement(statement: EntityStatement, signer: signing.Signer) -> signing.Envelope:
    """Sign a statement."""
    payload = canonical.encode(statement.model_dump(mode="json"))
    return signing.seal(TYPES[type(statement)], payload, signer)


def open_statement(
    envelope: signing.Envelope, kind: type[Statement], *, party: Party, network: str, now: datetime
) -> Statement:
    """Verify a statement of an entity and return it.

    Not checked here: that the entity made no later one.

    Raises:
        SignatureInvalid: not signed with the entity's signing key, or a statement of another kind.
        MalformedDocument: signed, but not such a statement.
        StatementRefused: of another entity or network, or not of this time.
    """
    key = bytes.fromhex(party.signing_key)
    payload = signing.open_envelope(envelope, payload_type=TYPES[kind], public_key=key)
    try:
        statement = kind.model_validate(canonical.decode(payload))
    except ValidationError as error:
        raise MalformedDocument(
            plural("la declaración tiene {n} error", "la declaración tiene {n} errores", error.error_count())
        ) from error
    if (statement.network, statement.entity) != (network, party.id):
        raise StatementRefused(_("la declaración es de otra entidad o de otra red"))
    if abs(statement.time - now) > MAX_CLOCK_SKEW:
        raise StatementRefused(
            _("la declaración lleva la hora {time}; aquí son las {now}", time=statement.time, now=now),
            remedy=_("ponga el reloj del nodo en hora"),
        )
    return statement
