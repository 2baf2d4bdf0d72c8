"""The signed directory: the entities of the network with their keys, addresses and status.

The coordinator signs it. Nodes pin the coordinator's key at enrolment, keep the newest directory that they verified,
and use it while the coordinator is down, until it expires.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from presentation.faults import first_fault
from presentation.messages import _
from trust import canonical, signing
from trust.errors import DirectoryExpired, DirectoryRollback, MalformedDocument, PartySuspended, UnknownParty
from trust.locator_terms import LocatorTerms
from trust.parties import EntityStatus, HexKey, Party, WitnessAddress
from trust.published_keys import require_sound_keys
from trust.two_persons import Records

DIRECTORY_TYPE: Final = "application/vnd.redpact.directory.v1+json"
MAX_ENTITIES: Final = 5000


class Directory(BaseModel):
    """The content of a directory, unverified unless `open_directory` returned it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    network: str = Field(min_length=1, max_length=100)
    serial: int = Field(ge=1)
    issued: AwareDatetime
    expires: AwareDatetime
    coordinator_key: HexKey = Field(description="Ed25519: signs directories, campaign manifests and releases")
    coordinator_address: str = Field(max_length=300)
    ca_pem: str = Field(max_length=20_000, description="the CA certificates in force, PEM")
    witness: WitnessAddress | None = Field(default=None, description="where the coordinator witnesses ledgers")
    witness_quorum: int = Field(
        default=0, ge=0, le=32, description="entities that must cosign a ledger beside the coordinator"
    )
    locator: LocatorTerms | None = Field(default=None, description="None: the network has no private locator")
    persons: Records = Field(default=(), description="who may approve acts of the Gerencia, every record in order")
    entities: tuple[Party, ...] = Field(max_length=MAX_ENTITIES)

    @model_validator(mode="after")
    def _one_entry_per_entity(self) -> Self:
        if len({party.id for party in self.entities}) != len(self.entities):
            raise ValueError(_("una entidad está dos veces"))
        return self

    @cached_property
    def _by_id(self) -> Mapping[str, Party]:
        return {party.id: party for party in self.entities}

    def __contains__(self, entity_id: object) -> bool:
        return entity_id in self._by_id

    def active(self) -> Iterator[Party]:
        """Iterate over the entities that may exchange."""
        return (party for party in self.entities if party.status is EntityStatus.ACTIVE)

    def with_suspended(self, entities: Collection[str]) -> "Directory":
        """Return the directory with some entities suspended as well."""
        if not entities:
            return self
        parties = (
            each.model_copy(update={"status": EntityStatus.SUSPENDED}) if each.id in entities else each
            for each in self.entities
        )
        # A copy would bring what was computed from the entities as they were.
        return Directory.model_construct(**dict(self) | {"entities": tuple(parties)})

    def party(self, entity_id: str) -> Party:
        """Return the entity, whatever its status.

        Raises:
            UnknownParty: the directory does not list it.
        """
        party = self._by_id.get(entity_id)
        if party is None:
            raise UnknownParty(
                _("{entity_id!r} no figura en el directorio", entity_id=entity_id),
                remedy=_("compruebe el identificador con: redpact-node status"),
            )
        return party

    def active_party(self, entity_id: str) -> Party:
        """Return the entity if it may exchange.

        Raises:
            UnknownParty: the directory does not list it.
            PartySuspended: it is suspended.
        """
        party = self.party(entity_id)
        if party.status is not EntityStatus.ACTIVE:
            raise PartySuspended(
                _("{entity_id} está suspendida de la red", entity_id=entity_id),
                remedy=_("pregunte el motivo al coordinador"),
            )
        return party

    def require_fresh(self, now: datetime) -> None:
        """Raise `DirectoryExpired` when `now` is past the expiry."""
        if now >= self.expires:
            raise DirectoryExpired(
                _("el directorio caducó el {expires}", expires=self.expires),
                remedy=_("compruebe la conexión con el coordinador y el reloj de este equipo"),
            )


def seal_directory(directory: Directory, signer: signing.Signer) -> signing.Envelope:
    """Sign a directory."""
    return signing.seal(DIRECTORY_TYPE, canonical.encode(directory.model_dump(mode="json")), signer)


def open_directory(envelope: signing.Envelope, *, coordinator_key: bytes) -> Directory:
    """Verify a directory under the pinned key and return its content.

    Not done here: expiry (`Directory.require_fresh`) and order (`require_not_older`).

    Raises:
        SignatureInvalid: not signed by the pinned key.
        MalformedDocument: signed, but not a directory.
        KeyRefused: one of its keys is weak, or two entities share one.
    """
    payload = signing.open_envelope(envelope, payload_type=DIRECTORY_TYPE, public_key=coordinator_key)
    try:
        directory = Directory.model_validate(canonical.decode(payload, max_bytes=16 * canonical.MAX_DOCUMENT_BYTES))
    except ValidationError as error:
        raise MalformedDocument(_("no es un directorio válido: {fault}", fault=first_fault(error))) from error
    if directory.coordinator_key != coordinator_key.hex():
        raise MalformedDocument(_("el directorio indica una clave del coordinador distinta de la que lo firmó"))
    require_sound_keys(directory.coordinator_key, directory.entities, directory.locator)
    return directory


def require_not_older(new: Directory, known: Directory | None) -> None:
    """Refuse a directory that rolls back, equivocates under a serial already seen, or changes the keys of an epoch.

    Raises:
        DirectoryRollback: `new` is older than `known`, or another directory with the same serial, or it gives an epoch
            of the locator other keys, leaves out the newest one, or slips one in before it.
    """
    if known is None:
        return
    if new.serial < known.serial or (new.serial == known.serial and new != known):
        raise DirectoryRollback(
            _(
                "el directorio {serial:d} no continúa el directorio {known_serial:d}",
                serial=new.serial,
                known_serial=known.serial,
            ),
            remedy=_(
                "avise a quien administra el coordinador: se envió un directorio antiguo, o se firmaron dos "
                "con el mismo número"
            ),
        )
    if known.locator and not (new.locator and new.locator.continues(known.locator)):
        # With other keys for some nodes the coordinator could tell their pseudonyms apart.
        raise DirectoryRollback(
            _("el directorio {serial:d} cambia las claves de una época del localizador", serial=new.serial),
            remedy=_("avise a quien administra el coordinador: las claves solo cambian mediante una rotación"),
        )
