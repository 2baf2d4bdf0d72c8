"""Exports: a folder exactly as tlog-tiles lays a log out, with the bodies beside it, for anybody to check offline.

``checkpoint``, ``tile/...`` and ``tile/entries/...`` (https://c2sp.org/tlog-tiles), ``bodies/<index>.json`` with body
and salt where they were not erased, ``trust.policy`` (https://c2sp.org/tlog-policy).
"""

import errno
import os
from dataclasses import dataclass
from io import FileIO
from itertools import islice
from pathlib import Path
from typing import Final

from consent_ledger.exports.folders import new_folder
from consent_ledger.exports.testimony import WitnessTestimony, require_own
from consent_ledger.log.ledger import ConsentLedger, read_tile
from consent_ledger.log.store import LedgerStore
from consent_ledger.proofs.checkpoint import read_checkpoint
from consent_ledger.proofs.tiles import TILE_WIDTH, bundle_path, encode_bundle, tiles_of

CHECKPOINT_FILE: Final = "checkpoint"
WITNESSED_FILE: Final = "checkpoint.witnessed"
POLICY_FILE: Final = "trust.policy"
BODIES_FOLDER: Final = "bodies"


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """A summary of the written export."""

    origin: str
    size: int
    bodies: int
    """Entries that still have their body; those of the others were erased."""
    directory: Path


def export_ledger(ledger: ConsentLedger, directory: Path, testimony: WitnessTestimony | None = None) -> ExportSummary:
    """Write the whole ledger to a new folder, streaming. Call it inside one snapshot of the store.

    When the newest checkpoint has no quorum of cosignatures yet, the newest that has goes beside it, so that an audit
    sees both all entries and how many of them witnesses have seen.

    Args:
        ledger: to be exported.
        directory: new, or empty.
        testimony: the network's trust policy and cosignatures; None when there are none.

    Raises:
        ExportUnusable: the folder is not empty, or cannot be written.
        LedgerDamaged: the stored ledger contradicts itself or the checkpoint that witnesses cosigned.
    """
    note = ledger.checkpoint()
    checkpoint, said = read_checkpoint(note), testimony or WitnessTestimony.alone(ledger)
    cosigned = read_checkpoint(said.cosigned) if said.cosigned else None
    if cosigned is not None:
        require_own(cosigned, ledger)
    with new_folder(directory) as folder:
        _write_tiles(ledger.store, checkpoint.size, folder)
        _write_bundles(ledger.store, checkpoint.size, folder)
        bodies = _write_bodies(ledger.store, checkpoint.size, folder / BODIES_FOLDER)
        (folder / POLICY_FILE).write_bytes(said.policy)
        if cosigned is not None and cosigned != checkpoint and said.cosigned is not None:
            (folder / WITNESSED_FILE).write_bytes(said.cosigned)
        (folder / CHECKPOINT_FILE).write_bytes(said.cosigned if cosigned == checkpoint and said.cosigned else note)
    return ExportSummary(checkpoint.origin, checkpoint.size, bodies, directory)


def _write_tiles(store: LedgerStore, size: int, folder: Path) -> None:
    for tile in tiles_of(size):
        _write(folder / tile.path, read_tile(store, tile.level, tile.index, tile.width))


def _write_bundles(store: LedgerStore, size: int, folder: Path) -> None:
    leaves = store.leaves(0, size)
    for first in range(0, size, TILE_WIDTH):
        bundle = list(islice(leaves, TILE_WIDTH))
        _write(folder / bundle_path(first // TILE_WIDTH, len(bundle)), encode_bundle(bundle))


def _write_bodies(store: LedgerStore, size: int, folder: Path) -> int:
    folder.mkdir()
    prefix, count = f"{folder}{os.sep}", 0
    for stored in store.bodies(0, size):
        text = b'{"body":%s,"salt":"%s"}\n' % (stored.body, stored.salt.hex().encode())
        with FileIO(f"{prefix}{stored.index}.json", "x") as file:  # of all ways to write a million files, the quickest
            if file.write(text) != len(text):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))  # the next byte would have said so
        count += 1
    return count


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
