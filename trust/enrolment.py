"""The two documents of an enrolment, shared by node and coordinator: the invitation and the application.

An invitation is delivered outside the network (a letter, a call, a signed mail). It names the coordinator's certificate
authority and signing key, so that the first call of a node trusts these and nothing else.
"""

import base64
import binascii
import hashlib
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from presentation.faults import first_fault
from presentation.messages import _
from trust import canonical, signing
from trust.addresses import Address
from trust.errors import InvitationMalformed, MalformedDocument
from trust.key_proofs import HexSignature, KeyPurpose, verify_possession
from trust.parties import EntityId, HexKey, WitnessAddress
from trust.published_keys import key_of_vkey, require_distinct, require_strong

APPLICATION_TYPE: Final = "application/vnd.redpact.entity-application.v2+json"
SECRET_BYTES: Final = 32
MAX_TOKEN_CHARACTERS: Final = 8_000
_PREFIX: Final = "redpact1"
_CHECK_CHARACTERS: Final = 8


class Invitation(BaseModel):
    """The content of a one-time token. Its bearer can join as `entity`, once, until it expires."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: str = Field(min_length=1, max_length=100)
    entity: EntityId
    address: Address = Field(description="the coordinator's enrolment port")
    coordinator_key: HexKey
    ca: str = Field(max_length=4_000, description="the CA certificate, DER in base64")
    secret: str = Field(pattern=r"^[0-9a-f]{64}$")
    expires: AwareDatetime

    @property
    def ca_der(self) -> bytes:
        """The CA certificate's DER bytes."""
        return base64.b64decode(self.ca)

    @property
    def ca_fingerprint(self) -> str:
        """The SHA-256 of the CA certificate in hex, for comparison by telephone."""
        return hashlib.sha256(self.ca_der).hexdigest()

    def to_token(self) -> str:
        """Return the token: one line without spaces, with a check against mistyping."""
        body = base64.urlsafe_b64encode(canonical.encode(self.model_dump(mode="json"))).decode().rstrip("=")
        return f"{_PREFIX}.{body}.{_check(body)}"

    @classmethod
    def from_token(cls, token: str) -> Self:
        """Read a token.

        Raises:
            InvitationMalformed: truncated, mistyped, or no token at all.
        """
        try:
            prefix, body, check = token.strip()[:MAX_TOKEN_CHARACTERS].split(".")
            if prefix != _PREFIX or check != _check(body):
                raise InvitationMalformed(_("la invitación está incompleta o mal escrita"), remedy=_REMEDY)
            data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            invitation = cls.model_validate(canonical.decode(data))
            base64.b64decode(invitation.ca, validate=True)
        except (ValueError, binascii.Error, MalformedDocument) as error:
            raise InvitationMalformed(_("el texto no es una invitación"), remedy=_REMEDY) from error
        return invitation


_REMEDY: Final = _("copie entera la invitación que imprimió «redpact-coordinator entity invite»")


def _check(body: str) -> str:
    return hashlib.sha256(f"{_PREFIX}.{body}".encode()).hexdigest()[:_CHECK_CHARACTERS]


def hash_secret(secret: str) -> str:
    """Return the SHA-256 in hex of a secret of 256 random bits, which the coordinator keeps in its place."""
    return hashlib.sha256(secret.encode()).hexdigest()


class EntityApplication(BaseModel):
    """The application of a new entity, signed with its signing key, with a proof for each of its other keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=2, ge=2, le=2)
    network: str = Field(min_length=1, max_length=100)
    entity: EntityId
    addresses: tuple[Address, ...] = Field(max_length=8)
    signing_key: HexKey
    exchange_key: HexKey
    ledger_vkey: str = Field(max_length=400)
    witness_key: HexKey
    witness: WitnessAddress | None = None
    exchange_proof: HexSignature
    ledger_proof: HexSignature
    witness_proof: HexSignature
    secret_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="binds the application to one invitation")
    csr_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="binds the TLS key to the other keys")

    def seal(self, signer: signing.Signer) -> signing.Envelope:
        """Sign the application."""
        return signing.seal(APPLICATION_TYPE, canonical.encode(self.model_dump(mode="json")), signer)


def open_application(envelope: signing.Envelope) -> EntityApplication:
    """Verify an application under the key that it names and return it.

    The keys are checked too: none is weak, none serves two purposes, and each has signed for its purpose.

    Not checked here: that invitation, network, entity and CSR are those of the call.

    Raises:
        MalformedDocument: not an application.
        SignatureInvalid: not signed with the key it names, or a proof is not by its key.
        KeyRefused: a key is weak, or serves two purposes.
    """
    try:
        application = EntityApplication.model_validate(canonical.decode(envelope.payload))
    except ValidationError as error:
        raise MalformedDocument(_("no es una solicitud de alta: {fault}", fault=first_fault(error))) from error
    key = bytes.fromhex(application.signing_key)
    signing.open_envelope(envelope, payload_type=APPLICATION_TYPE, public_key=key)
    _require_possession(application)
    return application


def _require_possession(asked: EntityApplication) -> None:
    proved = {
        KeyPurpose.EXCHANGE: (bytes.fromhex(asked.exchange_key), asked.exchange_proof),
        KeyPurpose.LEDGER: (key_of_vkey(asked.ledger_vkey), asked.ledger_proof),
        KeyPurpose.WITNESS: (bytes.fromhex(asked.witness_key), asked.witness_proof),
    }
    keys = {KeyPurpose.SIGNING: bytes.fromhex(asked.signing_key)}
    keys |= {purpose: key for purpose, (key, _proof) in proved.items()}
    require_strong(keys, asked.entity)
    require_distinct((asked.entity, key) for key in keys.values())
    owner = {"network": asked.network, "entity": asked.entity, "signing_key": asked.signing_key}
    for purpose, (key, proof) in proved.items():
        verify_possession(proof, key, purpose, **owner)
