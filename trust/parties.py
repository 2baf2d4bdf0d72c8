"""The parties of a network: entity ids, kinds, and entries of the directory."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from presentation.messages import _
from trust import signing
from trust.key_changes import SIGNING_GRACE, KeyChangeRecords, former_keys
from trust.key_proofs import KeyPurpose
from trust.recovery import Recoveries, Recovery
from trust.two_persons import ApprovedAct

ENTITY_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A DNS label, as it is part of the entity's certificate name."""

COORDINATOR_ID: Final = "coordinator"
"""The reserved entity id of the network's coordinator."""


_ENCODED: Final = "xn--"
"""The prefix of labels that browsers and terminals may show as letters of any script (RFC 5890)."""


def check_entity_id(text: str) -> str:
    """Return `text` when it is a well-formed entity id, else raise ValueError (pydantic's convention)."""
    if not ENTITY_ID.fullmatch(text):
        raise ValueError(
            _("el identificador de una entidad tiene de 1 a 63 letras a-z, cifras o «-», y no empieza ni acaba en «-»")
        )
    if text.startswith(_ENCODED):
        raise ValueError(_("el identificador de una entidad no empieza por «xn--»"))
    return text


EntityId = Annotated[str, AfterValidator(check_entity_id)]
HexKey = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A raw 32-byte public key in lower-case hex."""
CertificateSerial = Annotated[str, Field(pattern=r"^[0-9a-f]{1,40}$")]
"""The serial number of a certificate in lower-case hex."""

ShownAddress = Annotated[str, Field(max_length=300)]
"""An address as a directory states it: unchecked, but of a length that can be shown."""

MAX_CERTIFICATES: Final = 8
"""Certificates of an entity that are in force at once: during a renewal there are two."""
_KEY_LABEL: Final = 32


class EntityKind(StrEnum):
    """Ley 4/2018 (Castilla y León) arts. 6-7: agents intervene professionally; collaborators never see records."""

    PUBLIC = "public"
    AGENT = "agent"
    COLLABORATOR = "collaborator"


class EntityStatus(StrEnum):
    """The status of an entity: only active ones may exchange."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class WitnessAddress(BaseModel):
    """The URL and key with which an entity, or the coordinator, cosigns the checkpoints of others."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vkey: str = Field(max_length=400, description="C2SP cosignature verifier key (type 0x04)")
    url: str = Field(
        max_length=300, pattern=r"^https?://[^\s/?#]+(/[^\s?#]*)?$", description="prefix of add-checkpoint"
    )


class Party(BaseModel):
    """One entity as the directory lists it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: EntityId
    name: str = Field(min_length=1, max_length=200)
    kind: EntityKind
    status: EntityStatus
    addresses: tuple[ShownAddress, ...] = Field(
        max_length=8, description="host:port, tried in order; empty when none is open"
    )
    signing_key: HexKey = Field(description="Ed25519: signs messages")
    exchange_key: HexKey = Field(description="X25519: pairwise pseudonyms, later sealed envelopes")
    ledger_vkey: str = Field(max_length=400, description="C2SP signed-note verifier key of the entity's ledger")
    witness: WitnessAddress | None = Field(default=None, description="None: it does not witness the ledgers of others")
    witness_key: str = Field(
        default="",
        pattern=r"^([0-9a-f]{64})?$",
        description="Ed25519: cosigns the ledgers of others; kept without a URL",
    )
    recoveries: Recoveries = Field(default=(), description="every recovery that brought its keys, in order")
    recovery: Recovery | None = Field(default=None, description="one that waits, or that was vetoed")
    admission: ApprovedAct | None = Field(default=None, description="by two persons, where they are asked for")
    reinstatement: ApprovedAct | None = Field(default=None, description="the last one, as above")
    key_changes: KeyChangeRecords = Field(default=(), description="every change of its keys, in order")
    certificates: tuple[CertificateSerial, ...] = Field(
        default=(), max_length=MAX_CERTIFICATES, description="recorded, unrevoked and unexpired when it was signed"
    )
    tls_key: str = Field(
        default="", pattern=r"^([0-9a-f]{64})?$", description="SHA-256 of the newest certificate's public key (SPKI)"
    )

    def verification_key(self, key_id: str, now: datetime) -> bytes:
        """Return the signing key to verify a message with: the one in force, or the named one if just replaced."""
        former = (
            former_keys(self.key_changes, KeyPurpose.SIGNING, since=now - SIGNING_GRACE) if self.key_changes else ()
        )  # not those before a recovery: nobody knows who has them
        return next((key for key in former if signing.key_id(key) == key_id), bytes.fromhex(self.signing_key))

    @property
    def pending_recovery(self) -> Recovery | None:
        """The recovery that waits and that nobody vetoed, if there is one."""
        return self.recovery if self.recovery is not None and self.recovery.veto is None else None

    def ever_had(self, purpose: KeyPurpose) -> tuple[bytes, ...]:
        """Return the keys of a purpose that it had before, to verify what was signed then; the newest first."""
        lost = [each.old_keys().get(purpose) for each in reversed(self.recoveries)]
        return tuple(dict.fromkeys((*former_keys(self.key_changes, purpose), *(key for key in lost if key))))


def spiffe_id(network: str, entity: str) -> str:
    """Return the SPIFFE id of an entity, the URI in its certificate's subject alternative name."""
    return f"spiffe://{network}/entity/{entity}"


def server_name(network: str, entity: str) -> str:
    """Return the DNS name in an entity's certificate, which clients check: gRPC's cannot check a URI."""
    return f"{entity}.entity.{network}"


def key_server_name(network: str, entity: str, tls_key: str) -> str:
    """Return the DNS name that only certificates of this TLS key carry; without a key, the entity's name.

    A client that asks for it does not take a certificate of a key that was replaced, which gRPC's own clients have no
    other way to refuse.
    """
    name = server_name(network, entity)
    return f"{tls_key[:_KEY_LABEL]}.{name}" if tls_key else name


def ledger_origin(network: str, entity: str) -> str:
    """Return the origin line of an entity's ledger, also the name of its key (C2SP tlog-checkpoint)."""
    return f"{network}/entity/{entity}"


def witness_name(network: str, entity: str) -> str:
    """Return the key name of an entity's cosignatures (C2SP tlog-cosignature)."""
    return f"{network}/witness/{entity}"


def directory_origin(network: str) -> str:
    """Return the origin line of the log of a network's directories, also the name of its key (C2SP tlog-checkpoint)."""
    return f"{network}/directory"
