"""Checks that witnesses saw this same ledger, and that it is the one shown to others. Check 15.

Cosignatures over the newest checkpoint, or over an earlier one beside it, must be a quorum of the trust policy. That
earlier checkpoint, and any that the auditor has from elsewhere (a witness, another entity, a person's receipt), must be
of the first entries of this very ledger: their roots are computed again on the way through the entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from consent_ledger.audit.report import AuditReport, Check
from consent_ledger.exports.folders import read_file
from consent_ledger.exports.ledger_export import WITNESSED_FILE
from consent_ledger.proofs.checkpoint import Checkpoint
from consent_ledger.proofs.merkle import fold, push
from consent_ledger.proofs.note import MAX_NOTE_BYTES
from consent_ledger.proofs.trust_policy import NO_QUORUM, TrustPolicy
from consent_ledger.receipts.tlog_proof import HEADER, TlogProof
from presentation.messages import _, plural
from trust.errors import TrustError


@dataclass(frozen=True, slots=True)
class SeenCheckpoint:
    """A checkpoint of the ledger that the auditor has from elsewhere, verified; `source` is for the findings."""

    source: str
    checkpoint: Checkpoint

    @classmethod
    def read(cls, file: Path, policy: TrustPolicy) -> Self:
        """Read a signed checkpoint, or the one in a ``.tlog-proof`` file.

        Raises:
            ExportUnusable: the file cannot be read.
            MalformedDocument, SignatureInvalid: it holds no checkpoint of a ledger that the policy trusts.
        """
        data = read_file(file, MAX_NOTE_BYTES)
        note = TlogProof.parse(data).checkpoint if data.startswith(HEADER.encode()) else data
        return cls(file.name, policy.verify(note)[0])


class WitnessAudit:
    """Compares earlier checkpoints with the entries as they pass by."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._marks: list[SeenCheckpoint] = []

    @classmethod
    def begin(
        cls,
        directory: Path,
        policy: TrustPolicy,
        report: AuditReport,
        *,
        checkpoint: Checkpoint,
        seen: Sequence[SeenCheckpoint] = (),
    ) -> Self:
        """Check the cosignatures, and take in the checkpoints to compare."""
        audit = cls(report.check("witnesses"))
        audit._quorum(directory, policy, report, checkpoint)
        for each in seen:
            audit._take(each, checkpoint)
        return audit

    def extend(self, frontier: Sequence[bytes], size: int, hashes: Sequence[bytes]) -> None:
        """Take in the leaf hashes that follow a tree of `size` leaves with that frontier."""
        for mark in self._marks:
            if size < mark.checkpoint.size <= size + len(hashes):
                grown = list(frontier)
                for position, leaf in enumerate(hashes[: mark.checkpoint.size - size], size):
                    push(grown, position, leaf)
                if fold(grown) != mark.checkpoint.root:
                    self._contradiction(mark)

    def _quorum(self, directory: Path, policy: TrustPolicy, report: AuditReport, checkpoint: Checkpoint) -> None:
        if policy.quorum == NO_QUORUM:
            return
        self._check.examined += 1
        if policy.satisfied(report.witnesses):
            return
        earlier = self._earlier(directory, policy)
        if earlier is None:
            self._check.fail(
                "quorum",
                plural(
                    "Faltan cofirmas: solo cofirmó {n} testigo de los que exige la red.",
                    "Faltan cofirmas: solo cofirmaron {n} testigos de los que exige la red.",
                    len(report.witnesses),
                ),
            )
            return
        self._take(earlier, checkpoint)
        waiting = checkpoint.size - earlier.checkpoint.size
        if waiting > 0:
            self._check.warn(
                "unwitnessed",
                plural(
                    "Los testigos aún no han visto la última anotación.",
                    "Los testigos aún no han visto las últimas {n} anotaciones.",
                    waiting,
                ),
                index=earlier.checkpoint.size,
            )

    @staticmethod
    def _earlier(directory: Path, policy: TrustPolicy) -> SeenCheckpoint | None:
        path = directory / WITNESSED_FILE
        if not path.exists():
            return None
        try:
            return SeenCheckpoint(WITNESSED_FILE, policy.open(read_file(path, MAX_NOTE_BYTES))[0])
        except TrustError:
            return None  # it proves nothing: as if it were not there

    def _take(self, seen: SeenCheckpoint, checkpoint: Checkpoint) -> None:
        self._check.examined += 1
        if seen.checkpoint.origin != checkpoint.origin:
            self._check.warn("other_ledger", _("{source} es de otro registro.", source=seen.source))
        elif seen.checkpoint.size > checkpoint.size:
            self._check.fail(
                "shortened",
                plural(
                    "El registro se ha acortado: {source} se firmó con {n} anotación.",
                    "El registro se ha acortado: {source} se firmó con {n} anotaciones.",
                    seen.checkpoint.size,
                    source=seen.source,
                ),
            )
        elif seen.checkpoint.size == checkpoint.size and seen.checkpoint.root != checkpoint.root:
            self._contradiction(seen)
        else:
            self._marks.append(seen)

    def _contradiction(self, seen: SeenCheckpoint) -> None:
        size, source = seen.checkpoint.size, seen.source
        self._check.fail(
            "rewritten",
            plural(
                "El registro se ha reescrito: su primera anotación no es la que se mostró ({source}).",
                "El registro se ha reescrito: sus {n} primeras anotaciones no son las que se mostraron ({source}).",
                size,
                source=source,
            ),
            index=size - 1,
        )
