"""The assignment of witnesses to ledgers and the trust policy of each ledger, derived from the signed directory.

Every ledger is witnessed by the coordinator and by entities other than its own. A hash of the ledger and the witness
selects the entities, so that load spreads, no entity chooses its witnesses, and both sides compute the same list.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from consent_ledger.proofs.cosignature import CosignatureVerifier
from consent_ledger.proofs.trust_policy import NO_QUORUM
from trust.directory import Directory
from trust.parties import COORDINATOR_ID, WitnessAddress, ledger_origin, witness_name

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


def coordinator_witness(directory: Directory) -> KnownWitness | None:
    """Return the coordinator as a witness, or None when it is not one.

    Raises:
        MalformedDocument: the directory's key is no cosignature key.
    """
    return _known(COORDINATOR_ID, directory.witness)


def assigned_witnesses(directory: Directory, entity: str) -> tuple[KnownWitness, ...]:
    """Return the entities that witness the ledger of `entity`, in the order in which they are asked.

    Raises:
        MalformedDocument: a key in the directory is no cosignature key.
    """
    origin = ledger_origin(directory.network, entity)
    found = [_known(party.id, party.witness) for party in directory.active() if party.id != entity]
    witnesses = [witness for witness in found if witness is not None]
    witnesses.sort(key=lambda witness: sha256(f"{origin}\n{witness.id}".encode()).digest())
    return tuple(witnesses[:MAX_ASSIGNED])


def needed_entities(directory: Directory, entity: str) -> int:
    """Return the number of entities that must cosign the ledger of `entity`, at most those assigned."""
    return min(directory.witness_quorum, len(assigned_witnesses(directory, entity)))


def trust_policy(directory: Directory, entity: str) -> bytes:
    """Return the trust policy (C2SP tlog-policy) for the ledger of an entity.

    Raises:
        UnknownParty: the directory does not list it.
        MalformedDocument: a key in the directory is no cosignature key.
    """
    coordinator, entities = coordinator_witness(directory), assigned_witnesses(directory, entity)
    needed = needed_entities(directory, entity)
    witnesses = [*([coordinator] if coordinator else []), *entities]
    lines = [f"# {directory.network}, directory {directory.serial}", f"log {directory.party(entity).ledger_vkey}"]
    lines += [f"witness {witness.id} {witness.verifier.vkey} {witness.url}" for witness in witnesses]
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


def own_address(network: str, entity: str, address: WitnessAddress) -> bool:
    """Tell whether a witness address carries the key name of that entity.

    Raises:
        MalformedDocument: not a cosignature key.
    """
    return CosignatureVerifier.from_vkey(address.vkey).name == witness_name(network, entity)


def _known(entity: str, address: WitnessAddress | None) -> KnownWitness | None:
    return None if address is None else KnownWitness(entity, CosignatureVerifier.from_vkey(address.vkey), address.url)
