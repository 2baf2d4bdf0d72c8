"""The assignment of witnesses to ledgers and the trust policy of each ledger, derived from the signed directory.

Every ledger is witnessed by the coordinator and by entities other than its own. A hash of the ledger and the witness
selects the entities, so that load spreads, no entity chooses its witnesses, and both sides compute the same list.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from typing import Final

from consent_ledger.proofs.cosignature import CosignatureVerifier
from consent_ledger.proofs.note import NoteVerifier
from consent_ledger.proofs.trust_policy import NO_QUORUM
from presentation.messages import Message, _
from trust.directory import Directory
from trust.errors import MalformedDocument
from trust.key_changes import former_keys
from trust.key_proofs import KeyPurpose
from trust.parties import COORDINATOR_ID, WitnessAddress, ledger_origin, witness_name
from trust.published import is_plain_url

MAX_ASSIGNED: Final = 16
"""Entities that may witness one ledger; the specification asks tools for 32 witnesses, no more."""

_ENTITIES: Final = "ENTITIES"
_NETWORK: Final = "NETWORK"  # capitals: no entity id can be this name


@dataclass(frozen=True, slots=True)
class KnownWitness:
    """A witness as the directory lists it."""

    id: str
    verifier: CosignatureVerifier
    url: str


class WitnessFault(StrEnum):
    """The reasons for which a listed witness is left out."""

    KEY = "witness_key_malformed"
    NAME = "witness_key_of_another_name"
    SHARED = "witness_key_shared"
    URL = "witness_url_malformed"


WITNESS_FAULTS: Final[Mapping[WitnessFault, Message]] = {
    WitnessFault.KEY: _("su clave de testigo no es válida"),
    WitnessFault.NAME: _("su clave de testigo lleva otro nombre"),
    WitnessFault.SHARED: _("su clave de testigo es también de otra entidad"),
    WitnessFault.URL: _("su dirección de testigo no es una URL http(s)"),
}


def coordinator_witness(directory: Directory) -> KnownWitness | None:
    """Return the coordinator as a witness, or None when it is not one.

    Raises:
        MalformedDocument: what the directory says of it is unusable.
    """
    stated = directory.witness
    if stated is None:
        return None
    if not is_plain_url(stated.url):
        raise MalformedDocument(
            _("el directorio da al testigo del coordinador una dirección que no es una URL http(s)")
        )
    return KnownWitness(COORDINATOR_ID, CosignatureVerifier.from_vkey(stated.vkey), stated.url)


def unusable_witnesses(directory: Directory) -> dict[str, WitnessFault]:
    """Return the active entities whose witness is left out, with the reason, by entity id."""
    return {name: found for name, found in _listed(directory).items() if isinstance(found, WitnessFault)}


def assigned_witnesses(directory: Directory, entity: str) -> tuple[KnownWitness, ...]:
    """Return the entities that witness the ledger of `entity`, in the order in which they are asked.

    Those of `unusable_witnesses` are left out: one entity's mistake or malice must not stop the ledgers of all.

    Raises:
        MalformedDocument: what the directory says of the coordinator's witness is unusable.
    """
    origin = ledger_origin(directory.network, entity)
    witnesses = [
        found for name, found in _listed(directory).items() if isinstance(found, KnownWitness) and name != entity
    ]
    witnesses.sort(key=lambda witness: sha256(f"{origin}\n{witness.id}".encode()).digest())
    return tuple(witnesses[:MAX_ASSIGNED])


def listed_witnesses(directory: Directory) -> tuple[KnownWitness, ...]:
    """Return every active entity that witnesses, by id, without those of `unusable_witnesses`."""
    return tuple(found for _name, found in sorted(_listed(directory).items()) if isinstance(found, KnownWitness))


def needed_entities(directory: Directory, entity: str) -> int:
    """Return the number of entities that must cosign the ledger of `entity`, at most those assigned."""
    return min(directory.witness_quorum, len(assigned_witnesses(directory, entity)))


def trust_policy(directory: Directory, entity: str) -> bytes:
    """Return the trust policy (C2SP tlog-policy) for the ledger of an entity.

    Raises:
        UnknownParty: the directory does not list it.
        MalformedDocument: the key of the ledger or what is said of the coordinator's witness is unusable.
    """
    coordinator, entities = coordinator_witness(directory), assigned_witnesses(directory, entity)
    origin = ledger_origin(directory.network, entity)
    needed = needed_entities(directory, entity)
    witnesses = [*([coordinator] if coordinator else []), *entities]
    lines = [f"# {directory.network}, directory {directory.serial}", f"log {directory.party(entity).ledger_vkey}"]
    lines += [f"# left out: {name} ({fault})" for name, fault in unusable_witnesses(directory).items()]
    for key in directory.party(entity).ever_had(KeyPurpose.LEDGER):
        lines += ["# a key that this log had before:", f"log {NoteVerifier(origin, key).vkey}"]
    lines += [line for witness in witnesses for line in _witness_lines(directory, witness)]
    names = " ".join(witness.id for witness in entities)
    quorum = NO_QUORUM
    if needed:
        lines.append(f"group {_ENTITIES} {needed} {names}")
        quorum = _ENTITIES
    if coordinator is not None:
        quorum = COORDINATOR_ID
        if needed:
            lines.append(f"group {_NETWORK} all {COORDINATOR_ID} {_ENTITIES}")
            quorum = _NETWORK
    lines.append(f"quorum {quorum}")
    return ("\n".join(lines) + "\n").encode()


def _witness_lines(directory: Directory, witness: KnownWitness) -> list[str]:
    """Return the lines of one witness; with keys that it replaced, they make a group that needs any one.

    A key that was lost is none of them: nobody knows who has it.
    """
    former = former_keys(directory.party(witness.id).key_changes, KeyPurpose.WITNESS) if witness.id in directory else ()
    if not former:
        return [f"witness {witness.id} {witness.verifier.vkey} {witness.url}"]
    keys = [witness.verifier, *(CosignatureVerifier(witness.verifier.name, key) for key in former)]
    names = [f"{witness.id}/{number}" for number in range(len(keys), 0, -1)]
    lines = [f"witness {name} {key.vkey} {witness.url}" for name, key in zip(names, keys, strict=True)]
    return [*lines, f"group {witness.id} any {' '.join(names)}"]


def own_address(network: str, entity: str, address: WitnessAddress) -> bool:
    """Return whether a witness address carries the key name of that entity.

    Raises:
        MalformedDocument: not a cosignature key.
    """
    return CosignatureVerifier.from_vkey(address.vkey).name == witness_name(network, entity)


@lru_cache(maxsize=8)
def _cached(
    network: str, coordinator: WitnessAddress | None, listed: tuple[tuple[str, WitnessAddress], ...]
) -> Mapping[str, KnownWitness | WitnessFault]:
    found = {entity: _known(network, entity, address) for entity, address in listed}
    keys = Counter(each.verifier.public_key for each in found.values() if isinstance(each, KnownWitness))
    if coordinator is not None:
        keys[CosignatureVerifier.from_vkey(coordinator.vkey).public_key] += 1
    # The key of two entities is neither's: nobody can tell which of them copied it.
    return {
        entity: WitnessFault.SHARED if isinstance(each, KnownWitness) and keys[each.verifier.public_key] > 1 else each
        for entity, each in found.items()
    }


def _listed(directory: Directory) -> Mapping[str, KnownWitness | WitnessFault]:
    listed = tuple((party.id, party.witness) for party in directory.active() if party.witness is not None)
    return _cached(directory.network, directory.witness, listed)


def _known(network: str, entity: str, address: WitnessAddress) -> KnownWitness | WitnessFault:
    try:
        verifier = CosignatureVerifier.from_vkey(address.vkey)
    except MalformedDocument:
        return WitnessFault.KEY
    if verifier.name != witness_name(network, entity):
        return WitnessFault.NAME
    return KnownWitness(entity, verifier, address.url) if is_plain_url(address.url) else WitnessFault.URL
