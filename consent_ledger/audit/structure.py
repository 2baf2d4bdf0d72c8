"""The structural half of an audit: that the export is one log, whole, signed, and committed to its bodies.

Streaming: one entry bundle in memory at a time. Nothing here believes a hash it has not computed.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from consent_ledger import canonical
from consent_ledger.audit.report import AuditReport
from consent_ledger.checkpoint import Checkpoint
from consent_ledger.entry import MAX_BODY_BYTES, MAX_LEAF_BYTES, Body, Leaf, commits_to, parse_body
from consent_ledger.errors import ExportUnusable, LedgerError, MalformedDocument
from consent_ledger.export import BODIES_FOLDER, CHECKPOINT_FILE
from consent_ledger.folders import read_file
from consent_ledger.merkle import fold, leaf_hash
from consent_ledger.note import MAX_NOTE_BYTES
from consent_ledger.policy import TrustPolicy
from consent_ledger.tiles import TILE_BYTES, TILE_WIDTH, TileRef, bundle_path, decode_bundle, grow

_MAX_BUNDLE: Final = TILE_WIDTH * (MAX_LEAF_BYTES + 2)
_MAX_BODY_FILE: Final = 2 * MAX_BODY_BYTES + 1000


@dataclass(frozen=True, slots=True)
class AuditedEntry:
    """An entry whose leaf is in the log; its body, where there is one, is the one committed to."""

    index: int
    leaf: Leaf
    body: Body | None


def open_export(directory: Path, policy: TrustPolicy, report: AuditReport) -> Checkpoint | None:
    """Check 1: verify the checkpoint; None when it does not verify.

    Raises:
        ExportUnusable: the folder has no checkpoint.
    """
    note = read_file(directory / CHECKPOINT_FILE, MAX_NOTE_BYTES)
    check = report.check("checkpoint")
    check.examined = 1
    try:
        checkpoint, report.witnesses = policy.open(note)
    except LedgerError as error:
        check.fail("signature", f"{error.es} ({error.message})", error.message)
        return None
    report.origin, report.size = checkpoint.origin, checkpoint.size
    report.root = base64.b64encode(checkpoint.root).decode()
    return checkpoint


def audited_entries(directory: Path, checkpoint: Checkpoint, report: AuditReport) -> Iterator[AuditedEntry]:
    """Checks 2 to 6: iterate over the entries, in order, checking every hash on the way."""
    tree = _Tree(directory, report)
    clock: datetime | None = None
    for first in range(0, checkpoint.size, TILE_WIDTH):
        width = min(TILE_WIDTH, checkpoint.size - first)
        leaves = _read_bundle(directory, first // TILE_WIDTH, width, report)
        if leaves is None:
            return  # without these entries no later hash can be computed
        tree.extend([leaf_hash(leaf) for leaf in leaves])
        for index, data in enumerate(leaves, first):
            leaf = _read_leaf(index, data, report)
            if leaf is None:
                continue
            clock = _check_time(index, leaf, clock, report)
            yield AuditedEntry(index, leaf, _read_body(directory, index, leaf, report))
    tree.finish(checkpoint)


class _Tree:
    """Rebuilds the tree from the leaves and compares every tile on the way."""

    def __init__(self, directory: Path, report: AuditReport) -> None:
        self._directory = directory
        self._tiles, self._root = report.check("tiles"), report.check("root")
        self._frontier: list[bytes] = []
        self._size = 0
        self._open: dict[int, list[bytes]] = {}  # hashes of the unfinished tile of each level
        self._next: dict[int, int] = {}  # its index

    def extend(self, hashes: list[bytes]) -> None:
        for level, nodes in grow(self._frontier, self._size, hashes).items():
            pending = self._open.setdefault(level, [])
            pending.extend(nodes)  # at most one tile's worth: a bundle has 256 entries and starts at a tile
            if len(pending) == TILE_WIDTH:
                self._compare(level, pending)
                self._next[level] = self._next.get(level, 0) + 1
                pending.clear()
        self._size += len(hashes)

    def finish(self, checkpoint: Checkpoint) -> None:
        for level, pending in self._open.items():
            if pending:
                self._compare(level, pending)
        self._root.examined = 1
        if fold(self._frontier) != checkpoint.root:
            self._root.fail(
                "root",
                "Las anotaciones no son las que se firmaron: el registro se ha alterado.",
                "The entries are not those that were signed: the ledger was altered.",
            )

    def _compare(self, level: int, nodes: list[bytes]) -> None:
        tile = TileRef(level, self._next.get(level, 0), len(nodes))
        self._tiles.examined += 1
        try:
            same = read_file(self._directory / tile.path, TILE_BYTES) == b"".join(nodes)
        except ExportUnusable as error:
            self._tiles.fail("tile_missing", f"Falta {tile.path}.", error.message)
            return
        if not same:
            self._tiles.fail(
                "tile", f"{tile.path} no corresponde a las anotaciones.", f"{tile.path} is not of the entries."
            )


def _read_bundle(directory: Path, index: int, width: int, report: AuditReport) -> list[bytes] | None:
    path = bundle_path(index, width)
    try:
        return decode_bundle(read_file(directory / path, _MAX_BUNDLE), width)
    except LedgerError as error:
        report.check("entries").fail("bundle", f"Faltan anotaciones: {path} no se puede leer.", error.message)
        return None


def _read_leaf(index: int, data: bytes, report: AuditReport) -> Leaf | None:
    check = report.check("entries")
    check.examined += 1
    try:
        leaf = Leaf.parse(data)
    except MalformedDocument as error:
        check.fail("entry", "La anotación no tiene el formato correcto.", error.message, index=index)
        return None
    report.entries_by_type[leaf.type.value] = report.entries_by_type.get(leaf.type.value, 0) + 1
    return leaf


def _check_time(index: int, leaf: Leaf, clock: datetime | None, report: AuditReport) -> datetime:
    check = report.check("times")
    check.examined += 1
    if clock is not None and leaf.time < clock:
        check.warn(
            "clock",
            f"La fecha es anterior a la de una anotación previa ({clock.isoformat()}): revise el reloj de la máquina.",
            f"The time is before that of an earlier entry ({clock.isoformat()}): check the machine's clock.",
            index=index,
        )
        return clock
    return leaf.time


def _read_body(directory: Path, index: int, leaf: Leaf, report: AuditReport) -> Body | None:
    path = directory / BODIES_FOLDER / f"{index}.json"
    if not path.exists():
        return None
    check = report.check("bodies")
    check.examined += 1
    try:
        document, salt = _parse_body_file(read_file(path, _MAX_BODY_FILE))
        if not commits_to(leaf.commitment, salt, document):
            raise MalformedDocument("the content is not the one the entry commits to")
        return parse_body(leaf.type, document)
    except LedgerError as error:
        check.fail("body", "El contenido no es el que se anotó.", error.message, index=index)
        return None


def _parse_body_file(data: bytes) -> tuple[dict[str, Any], bytes]:
    document = canonical.decode(data)
    body, salt = document.get("body"), document.get("salt")
    if not isinstance(body, dict) or not isinstance(salt, str):
        raise MalformedDocument("not a body with its salt")
    try:
        return body, bytes.fromhex(salt)
    except ValueError as error:
        raise MalformedDocument("the salt is not hex") from error
