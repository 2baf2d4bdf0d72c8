"""The structural half of an audit: the export is one log, whole, signed, and committed to its bodies.

Streaming: one entry bundle in memory at a time. Nothing here believes a hash it has not computed.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from consent_ledger.audit.body_files import BodyFolder
from consent_ledger.audit.report import AuditReport, Check, NumberedCheck
from consent_ledger.audit.witnesses import WitnessAudit
from consent_ledger.errors import ExportUnusable
from consent_ledger.exports.folders import read_file, require_plain_folder
from consent_ledger.exports.ledger_export import CHECKPOINT_FILE
from consent_ledger.log.entry import MAX_LEAF_BYTES, Body, Leaf
from consent_ledger.proofs.checkpoint import Checkpoint
from consent_ledger.proofs.merkle import fold, leaf_hash
from consent_ledger.proofs.note import MAX_NOTE_BYTES
from consent_ledger.proofs.tiles import TILE_BYTES, TILE_WIDTH, TileRef, bundle_path, decode_bundle, grow
from consent_ledger.proofs.trust_policy import TrustPolicy
from presentation.messages import _
from trust.errors import MalformedDocument, TrustError

STRUCTURAL_CHECKS: Final = (
    NumberedCheck(1, "checkpoint", _("La firma del registro es válida y es de quien dice ser")),
    NumberedCheck(2, "entries", _("Todas las anotaciones están y tienen el formato correcto")),
    NumberedCheck(3, "tiles", _("Las huellas publicadas son las de las anotaciones")),
    NumberedCheck(4, "root", _("El árbol completo es el que se firmó")),
    NumberedCheck(5, "times", _("Las fechas no retroceden")),
    NumberedCheck(6, "bodies", _("Cada contenido es el que se anotó")),
    NumberedCheck(15, "witnesses", _("Los testigos vieron este mismo registro")),
)
"""The checks of the log itself, which look at no content."""

_MAX_BUNDLE: Final = TILE_WIDTH * (MAX_LEAF_BYTES + 2)


@dataclass(frozen=True, slots=True)
class AuditedEntry:
    """An entry whose leaf is in the log; its body, where there is one, is the one committed to."""

    index: int
    leaf: Leaf
    body: Body | None


def open_export(directory: Path, policy: TrustPolicy, report: AuditReport) -> Checkpoint | None:
    """Check 1: verify the checkpoint; None when it does not verify.

    Raises:
        ExportUnusable: the folder has no checkpoint, or holds links, pipes or devices.
    """
    require_plain_folder(directory)
    note = read_file(directory / CHECKPOINT_FILE, MAX_NOTE_BYTES)
    check = report.check("checkpoint")
    check.examined = 1
    try:
        checkpoint, report.witnesses = policy.verify(note)
    except TrustError as error:
        check.fail("signature", _("{sentence} ({message})", sentence=error.sentence, message=error.message))
        return None
    report.origin, report.size = checkpoint.origin, checkpoint.size
    report.root = base64.b64encode(checkpoint.root).decode()
    return checkpoint


def audited_entries(
    directory: Path, checkpoint: Checkpoint, report: AuditReport, witnesses: WitnessAudit
) -> Iterator[AuditedEntry]:
    """Make checks 2 to 6 while iterating over the entries in order: every hash is checked on the way."""
    tree, bodies = _Tree(directory, report, witnesses), BodyFolder(directory, report.check("bodies"))
    entries, times = report.check("entries"), report.check("times")
    clock: datetime | None = None
    for first in range(0, checkpoint.size, TILE_WIDTH):
        width = min(TILE_WIDTH, checkpoint.size - first)
        leaves = _read_bundle(directory, first // TILE_WIDTH, width, report)
        if leaves is None:
            return  # without these entries no later hash can be computed
        tree.extend([leaf_hash(leaf) for leaf in leaves])
        for index, data in enumerate(leaves, first):
            leaf = _read_leaf(index, data, entries)
            if leaf is None:
                continue
            report.count(leaf.type)
            clock = _check_time(index, leaf, clock, times)
            yield AuditedEntry(index, leaf, bodies.read(index, leaf))
    tree.finish(checkpoint)


class _Tree:
    """Rebuilds the tree from the leaves and compares every tile on the way."""

    def __init__(self, directory: Path, report: AuditReport, witnesses: WitnessAudit) -> None:
        self._directory = directory
        self._witnesses = witnesses
        self._tiles, self._root = report.check("tiles"), report.check("root")
        self._frontier: list[bytes] = []
        self._size = 0
        self._open: dict[int, list[bytes]] = {}  # hashes of the unfinished tile of each level
        self._next: dict[int, int] = {}  # its index

    def extend(self, hashes: list[bytes]) -> None:
        self._witnesses.extend(self._frontier, self._size, hashes)
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
            self._root.fail("root", _("Las anotaciones no son las que se firmaron: el registro se ha alterado."))

    def _compare(self, level: int, nodes: list[bytes]) -> None:
        tile = TileRef(level, self._next.get(level, 0), len(nodes))
        self._tiles.examined += 1
        try:
            same = read_file(self._directory / tile.path, TILE_BYTES) == b"".join(nodes)
        except ExportUnusable as error:
            self._tiles.fail("tile_missing", _("Falta un bloque de huellas: {reason}", reason=error.message))
            return
        if not same:
            self._tiles.fail("tile", _("{path} no corresponde a las anotaciones.", path=tile.path))


def _read_bundle(directory: Path, index: int, width: int, report: AuditReport) -> list[bytes] | None:
    path = bundle_path(index, width)
    try:
        return decode_bundle(read_file(directory / path, _MAX_BUNDLE), width)
    except TrustError as error:
        message = _("Faltan anotaciones en {path}: {reason}", path=path, reason=error.message)
        report.check("entries").fail("bundle", message)
        return None


def _read_leaf(index: int, data: bytes, check: Check) -> Leaf | None:
    check.examined += 1
    try:
        return Leaf.parse(data)
    except MalformedDocument as error:
        message = _("La anotación no tiene el formato correcto: {reason}", reason=error.message)
        check.fail("entry", message, index=index)
        return None


def _check_time(index: int, leaf: Leaf, clock: datetime | None, check: Check) -> datetime:
    check.examined += 1
    if clock is not None and leaf.time < clock:
        check.warn(
            "clock",
            _("La fecha es anterior a la de una anotación previa ({time}): revise el reloj de la máquina.", time=clock),
            index=index,
        )
        return clock
    return leaf.time
