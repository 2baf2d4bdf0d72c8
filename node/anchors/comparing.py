"""Background work: the head of the log of directories is compared with what witnesses of other entities cosigned.

Entities that exchange little would otherwise learn late that they were shown another directory.
"""

import secrets
import threading
from collections.abc import Callable
from functools import partial
from typing import Final

from consent_ledger.directories.logged import head_of, log_verifier
from consent_ledger.witnessing.assignment import KnownWitness, listed_witnesses
from consent_ledger.witnessing.client import WitnessReply, exchange
from consent_ledger.witnessing.witness import origin_hash
from node.anchors.gossip import DirectoryHeads
from node.context import NodeContext
from policies.errors import RedpactError

CHECK_SECONDS: Final = 15.0
"""Longest time from a new directory to the comparison."""

AGAIN_SECONDS: Final = 600.0
CALL_SECONDS: Final = 3.0
_ASKED: Final = 3
_OK: Final = 200

Ask = Callable[[KnownWitness], WitnessReply]
"""Asks a witness for the newest checkpoint of the log that it cosigned."""


def compare_heads(context: NodeContext, heads: DirectoryHeads, stopping: threading.Event) -> None:
    """Compare the head with some witnesses after each new directory, and now and then, until `stopping` is set."""
    size, waited = 0, 0.0
    while not stopping.wait(CHECK_SECONDS):
        waited += CHECK_SECONDS
        newest = context.directory.size()
        if newest != size or waited >= AGAIN_SECONDS:
            size, waited = newest, 0.0
            ask_witnesses(context, heads)


def ask_witnesses(context: NodeContext, heads: DirectoryHeads, ask: Ask | None = None) -> int:
    """Ask some witnesses, drawn by lot, for the head that they cosigned last; return how many showed one.

    Raises:
        RedpactError: the directory is unusable, or evidence cannot be written.
    """
    settings, directory = context.settings, context.directory.newest()
    if directory is None:
        return 0
    log = log_verifier(settings.network, bytes.fromhex(settings.coordinator_key))
    witnesses = [each for each in listed_witnesses(directory) if each.id != settings.entity]
    shown = 0
    for witness in secrets.SystemRandom().sample(witnesses, min(_ASKED, len(witnesses))):
        try:
            reply = (ask or partial(_ask, context, log.name))(witness)
            note = head_of(reply.body, log) if reply.status == _OK else b""
        except RedpactError:  # away, or no witness of this log
            continue
        heads.shown(note, witness.id)
        shown += bool(note)
    return shown


def _ask(context: NodeContext, origin: str, witness: KnownWitness) -> WitnessReply:
    allowed = context.settings.callable_networks(context.settings.coordinator_address)
    path = f"/{origin_hash(origin)}/checkpoint"
    return exchange(witness.url, "GET", path, allowed=allowed, seconds=CALL_SECONDS)
