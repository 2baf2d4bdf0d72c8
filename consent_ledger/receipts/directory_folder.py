"""A folder of directories with their proofs, for anybody to check offline with ``redpact-audit directory``.

For each directory ``<serial>.tlog-proof`` (https://c2sp.org/tlog-proof: its entry, in ``extra``, is the last one of
a signed checkpoint), ``<serial>.json`` (the signed directory, DSSE, while it is kept), and ``<serial>.consistency``
(the body of an add-checkpoint request, https://c2sp.org/tlog-witness: that the checkpoint extends the one before).
Beside them ``trust.policy`` and ``evidence/``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consent_ledger.directories.logged import MAX_DIRECTORY_BYTES, directory_entry
from consent_ledger.errors import ExportUnusable
from consent_ledger.exports.folders import new_folder, read_file, require_plain_folder
from consent_ledger.exports.ledger_export import POLICY_FILE
from consent_ledger.receipts.tlog_proof import TlogProof
from consent_ledger.witnessing.witness import AddCheckpoint
from presentation.messages import _

EVIDENCE_FOLDER: Final = "evidence"
PROOF, DIRECTORY, CONSISTENCY = ".tlog-proof", ".json", ".consistency"
MAX_DIRECTORIES: Final = 200_000
MAX_EVIDENCE: Final = 2_000
_MAX_PROOF_BYTES: Final = 64 * 1024
_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class ShownDirectory:
    """One directory of a folder; nothing is verified yet.

    Attributes:
        serial: by the name of its files.
        proof: of its entry.
        envelope: DSSE JSON; None when it was pruned.
        link: the proof that its checkpoint extends the one of the size that it names; None without any.
    """

    serial: int
    proof: TlogProof
    envelope: bytes | None
    link: AddCheckpoint | None


@dataclass(frozen=True, slots=True)
class KeptProof:
    """One directory as a database keeps it."""

    serial: int
    payload_sha256: bytes
    envelope: bytes
    """DSSE JSON; empty when pruned."""
    checkpoint: bytes
    inclusion: tuple[bytes, ...]
    since: int
    consistency: tuple[bytes, ...]


def write_directories(target: Path, kept: Iterable[KeptProof], policy: bytes, evidence: Iterable[Path]) -> int:
    """Write a new folder and return the number of directories in it.

    Raises:
        ExportUnusable: the folder is not empty, or cannot be written.
    """
    count = 0
    with new_folder(target) as folder:
        (folder / POLICY_FILE).write_bytes(policy)
        for each in kept:
            count += 1
            name = f"{each.serial:0{_DIGITS}d}"
            entry = directory_entry(each.serial, each.payload_sha256)
            proof = TlogProof(each.serial - 1, each.inclusion, each.checkpoint, entry)
            (folder / f"{name}{PROOF}").write_bytes(proof.to_bytes())
            if each.envelope:
                (folder / f"{name}{DIRECTORY}").write_bytes(each.envelope)
            if each.since:
                link = AddCheckpoint(each.since, each.consistency, each.checkpoint)
                (folder / f"{name}{CONSISTENCY}").write_bytes(link.to_bytes())
        _write_evidence(folder / EVIDENCE_FOLDER, evidence)
    return count


def _write_evidence(folder: Path, evidence: Iterable[Path]) -> None:
    for path in evidence:
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / path.name).write_bytes(read_file(path, 2 * MAX_DIRECTORY_BYTES))


def read_directories(folder: Path) -> Iterator[ShownDirectory]:
    """Iterate over the directories of a folder, by their numbers.

    Raises:
        ExportUnusable: no folder of directories, or something in it is neither a file nor a folder.
        MalformedDocument: a file is not what its name says.
    """
    require_plain_folder(folder)
    names = sorted(path.name for path in folder.glob(f"*{PROOF}"))
    if not names or len(names) > MAX_DIRECTORIES:
        raise ExportUnusable(
            _("{folder} no contiene directorios con sus pruebas", folder=folder),
            remedy=_("use la carpeta que crea: redpact-node directory export, o redpact-coordinator directory export"),
        )
    for name in names:
        stem = name.removesuffix(PROOF)
        if len(stem) != _DIGITS or not (stem.isascii() and stem.isdigit()):
            raise ExportUnusable(
                _("{name} no es el nombre de una prueba de directorio", name=name),
                remedy=_("desconfíe de esta copia y pida una exportación nueva"),
            )
        yield _read(folder, stem)


def _read(folder: Path, stem: str) -> ShownDirectory:
    directory, link = folder / f"{stem}{DIRECTORY}", folder / f"{stem}{CONSISTENCY}"
    return ShownDirectory(
        int(stem),
        TlogProof.parse(read_file(folder / f"{stem}{PROOF}", _MAX_PROOF_BYTES)),
        read_file(directory, MAX_DIRECTORY_BYTES) if directory.exists() else None,
        AddCheckpoint.parse(read_file(link, _MAX_PROOF_BYTES)) if link.exists() else None,
    )


def evidence_in(folder: Path) -> list[Path]:
    """Return the files of evidence of a folder.

    Raises:
        ExportUnusable: more than any node keeps.
    """
    found = sorted((folder / EVIDENCE_FOLDER).glob("*.json"))
    if len(found) > MAX_EVIDENCE:
        raise ExportUnusable(
            _("{folder} contiene demasiadas pruebas", folder=folder / EVIDENCE_FOLDER),
            remedy=_("desconfíe de esta copia y pida una exportación nueva"),
        )
    return found
