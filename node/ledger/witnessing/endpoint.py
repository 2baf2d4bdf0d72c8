"""The witness of this node: the logs that it cosigns, and the evidence that it finds as one."""

from functools import partial

from consent_ledger.directories.logged import log_verifier
from consent_ledger.proofs.note import NoteVerifier
from consent_ledger.witnessing.endpoint import WitnessEndpoint
from consent_ledger.witnessing.fork_evidence import is_of_directory
from consent_ledger.witnessing.witness import CheckpointConflict, Misconduct
from node.context import NodeContext
from node.identity.reach import CurrentCosigner
from trust.parties import directory_origin, ledger_origin


def own_witness(context: NodeContext) -> WitnessEndpoint:
    """Return the endpoint that cosigns the ledgers of other entities and the log of directories."""
    return WitnessEndpoint(
        context.home,
        CurrentCosigner(context),
        context.transaction,
        context.snapshot,
        log_key=partial(_log_key, context),
        now=context.clock.now,
        on_conflict=partial(_on_conflict, context),
    )


def _log_key(context: NodeContext, origin: str) -> NoteVerifier | None:
    settings, directory = context.settings, context.directory.newest()
    if origin == directory_origin(settings.network):
        return log_verifier(settings.network, bytes.fromhex(settings.coordinator_key))
    for party in directory.entities if directory else ():
        # The ledger of a suspended entity is still witnessed; our own is witnessed by others.
        if party.id != settings.entity and ledger_origin(settings.network, party.id) == origin:
            return NoteVerifier.from_vkey(party.ledger_vkey)
    return None


def _on_conflict(context: NodeContext, conflict: CheckpointConflict) -> None:
    # Other kinds prove nothing by themselves: anybody can send an old checkpoint, or one with a false proof.
    if is_of_directory(conflict.origin) and conflict.kind is Misconduct.FORK:
        context.directory.contradict(conflict, seen_by="witness", now=context.clock.now())
