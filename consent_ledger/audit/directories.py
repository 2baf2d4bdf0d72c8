"""The audit of a folder of directories: that there was one log, that it only grew, and what changed in it.

Checked for each directory, in order: (1) its checkpoint is signed by the log of the trust policy; (2) its entry is the
last of that checkpoint; (3) the entry is of these signed bytes, the coordinator's key signed them, and keys change by
statements and recoveries only; (4) the checkpoint extends the one before. For the newest also (5): enough witnesses of
the trust policy cosigned it. Evidence in the folder is judged by its signatures alone.
"""

import base64
import binascii
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from consent_ledger.audit.directory_changes import DirectoryChange, changes_between
from consent_ledger.directories.logged import MAX_DIRECTORY_BYTES, directory_entry
from consent_ledger.errors import ProofError
from consent_ledger.exports.folders import read_file
from consent_ledger.proofs.checkpoint import Checkpoint
from consent_ledger.proofs.merkle import leaf_hash, verify_consistency, verify_inclusion
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.directory_folder import ShownDirectory, evidence_in, read_directories
from consent_ledger.witnessing.witness import Misconduct
from policies.strict_reading import read_json
from presentation.faults import parse_fault
from presentation.messages import Message, _, joined, plural, speaking
from presentation.terminal import paragraph
from trust import canonical
from trust.continuity import require_continuity
from trust.directory import Directory, open_directory
from trust.errors import KeyChangeUnproven, MalformedDocument, TrustError
from trust.signing import Envelope

MAX_SHOWN: Final = 1000


@dataclass(frozen=True, slots=True)
class DirectoryFault:
    """A check that failed for one directory, or for a piece of evidence."""

    where: str
    code: str
    text: Message | str

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"where": self.where, "code": self.code, "text": str(self.text)}


@dataclass(slots=True)
class DirectoryReport:
    """The result of an audit of directories."""

    origin: str = ""
    first: int = 0
    last: int = 0
    examined: int = 0
    pruned: int = 0
    witnesses: tuple[str, ...] = ()
    changes: list[DirectoryChange] = field(default_factory=list)
    faults: list[DirectoryFault] = field(default_factory=list)
    evidence: list[DirectoryFault] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """True when every check held and no evidence shows a second directory."""
        return not self.faults and not self.evidence

    def fail(self, where: str, code: str, text: Message | str) -> None:
        """Note a failed check."""
        if len(self.faults) < MAX_SHOWN:
            self.faults.append(DirectoryFault(where, code, text))

    def document(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "verified": self.passed,
            "origin": self.origin,
            "first": self.first,
            "last": self.last,
            "examined": self.examined,
            "pruned": self.pruned,
            "witnesses": list(self.witnesses),
            "changes": [each.document() for each in self.changes],
            "faults": [each.document() for each in self.faults],
            "evidence": [each.document() for each in self.evidence],
        }

    def text(self, lang: str) -> str:
        """Return it for people."""
        say = speaking(lang)
        head = plural("{n} directorio de {origin}", "{n} directorios de {origin}", self.examined, origin=self.origin)
        mark = "✓" if self.passed else "✗"
        lines = [f"{mark} {say(head)}: {self.first}-{self.last}"]
        lines += [f"  {each.serial}: {say(each.text)}" for each in self.changes[:MAX_SHOWN]]
        if self.pruned:
            lines.append(say.plural("! Contenido ya borrado: {n}.", "! Contenido ya borrado: {n}.", self.pruned))
        if not self.witnesses:
            lines.append(say("! Ningún testigo de la política ha cofirmado el directorio más reciente."))
        lines += [say("✗ {where}: {text}", where=each.where, text=each.text) for each in (*self.faults, *self.evidence)]
        return "\n".join(paragraph(line, hanging=2) for line in lines)


def verify_directories(folder: Path, policy: TrustPolicy) -> DirectoryReport:
    """Check a folder of directories under a trust policy.

    Raises:
        ExportUnusable, MalformedDocument: it is no such folder, or a file in it cannot be read as what it claims to be.
    """
    audit = _Audit(policy)
    for shown in read_directories(folder):
        audit.examine(shown)
    audit.require_quorum()
    for path in evidence_in(folder):
        audit.judge(path)
    return audit.report


class _Audit:
    """One pass over the directories of a folder."""

    def __init__(self, policy: TrustPolicy) -> None:
        self.report = DirectoryReport()
        self._policy = policy
        self._before: Checkpoint | None = None
        self._known: Directory | None = None
        self._roots: dict[int, bytes] = {}

    def examine(self, shown: ShownDirectory) -> None:
        """Check one directory; what fails is noted."""
        where, report = str(shown.serial), self.report
        try:
            checkpoint, report.witnesses = self._policy.verify(shown.proof.checkpoint)  # (1)
            digest = self._entry(shown, checkpoint)  # (2)
            if shown.envelope is not None:
                self._directory(shown, checkpoint, digest)  # (3)
            else:
                report.pruned += 1
            self._require_grown(shown, checkpoint)  # (4)
        except TrustError as error:
            report.fail(where, error.code, error.message)
            return
        report.examined += 1
        report.origin, report.last = checkpoint.origin, shown.serial
        report.first = report.first or shown.serial
        self._before, self._roots[checkpoint.size] = checkpoint, checkpoint.root

    def require_quorum(self) -> None:
        """Check that the witnesses of the newest directory are a quorum (5)."""
        if self._before is not None and not self._policy.satisfied(self.report.witnesses):
            text = _("el directorio más reciente lleva menos cofirmas de las que exige la política de confianza")
            self.report.fail(str(self._before.size), "quorum_missing", text)

    def _entry(self, shown: ShownDirectory, checkpoint: Checkpoint) -> str:
        document = canonical.decode(shown.proof.extra or b"")
        digest = document.get("directory_sha256")
        if not isinstance(digest, str) or len(digest) != 2 * sha256().digest_size:
            raise MalformedDocument(_("la prueba no muestra la anotación del directorio"))
        try:
            entry = directory_entry(shown.serial, bytes.fromhex(digest))
        except ValueError as error:
            raise MalformedDocument(_("la prueba no muestra la anotación del directorio")) from error
        if (shown.proof.index, checkpoint.size) != (shown.serial - 1, shown.serial) or entry != shown.proof.extra:
            raise ProofError(_("la prueba es de otro directorio"))
        verify_inclusion(shown.proof.index, checkpoint.size, leaf_hash(entry), shown.proof.hashes, checkpoint.root)
        return digest

    def _directory(self, shown: ShownDirectory, checkpoint: Checkpoint, digest: str) -> None:
        envelope = Envelope.from_json(shown.envelope or b"", max_bytes=MAX_DIRECTORY_BYTES)
        if sha256(envelope.payload).hexdigest() != digest:
            raise ProofError(_("la anotación del registro es de otro directorio"))
        key = self._key(checkpoint.origin)
        directory = open_directory(envelope, coordinator_key=key)
        if directory.serial != shown.serial:
            raise ProofError(_("el directorio lleva otro número que su anotación"))
        self.report.changes += changes_between(self._known, directory)
        known, self._known = self._known, directory
        require_continuity(directory, known)

    def _require_grown(self, shown: ShownDirectory, checkpoint: Checkpoint) -> None:
        if self._before is None:
            return
        link = shown.link
        if link is None or link.old != self._before.size:
            raise ProofError(_("falta la prueba de que continúa el directorio {size:d}", size=self._before.size))
        verify_consistency(link.old, checkpoint.size, self._before.root, checkpoint.root, link.proof)

    # ---- evidence

    def judge(self, path: Path) -> None:
        """Note what a piece of evidence proves; one that proves nothing is a fault of the folder."""
        try:
            document = read_json(read_file(path, 2 * MAX_DIRECTORY_BYTES))
            if not isinstance(document, dict):
                raise MalformedDocument(_("no es un fichero de pruebas"))
            found = self._judged(document)
        except (TrustError, ValueError, RecursionError) as error:
            reason = error.message if isinstance(error, TrustError) else parse_fault(error)
            self.report.fail(path.name, "evidence_unusable", _("no prueba nada: {reason}", reason=reason))
            return
        self.report.evidence.append(DirectoryFault(path.name, str(document.get("kind")), found))

    def _judged(self, document: dict[str, Any]) -> Message:
        if document.get("kind") == Misconduct.FALSE_KEYS:
            return self._false_keys(document)
        if document.get("kind") == Misconduct.KEYS_CHANGED:
            return self._keys_changed(document)
        offered, _witnesses = self._policy.verify(_bytes(document, "offered_checkpoint"))
        known, _unused = self._policy.verify(_bytes(document, "known_checkpoint"))
        if known.size == offered.size and known.root != offered.root:
            return _("el coordinador firmó dos registros de directorios del mismo tamaño, {size}", size=known.size)
        if "known_root_at_offered_size" in document:
            root, proof = _hash(document["known_root_at_offered_size"]), document.get("offered_proof")
            hashes = [_hash(each) for each in proof] if isinstance(proof, list) else []
            verify_consistency(offered.size, known.size, root, known.root, hashes)
            if root != offered.root:
                return _("el coordinador firmó dos registros que se separan antes del {size}", size=offered.size)
        if document.get("kind") == "unproven":
            return _("el coordinador no probó que el directorio {size} continuara el anterior", size=offered.size)
        raise ProofError(_("los dos puntos de control no se contradicen"))

    def _false_keys(self, document: dict[str, Any]) -> Message:
        offered, _witnesses = self._policy.verify(_bytes(document, "offered_checkpoint"))
        opened = self._opened(document, "offered_directory", offered.origin)
        keys = document.get("false_keys")
        names = joined(sorted(map(str, keys)), ", ") if isinstance(keys, dict) else ""
        return _(
            "según la entidad, el directorio {serial:d} le da claves falsas: {keys}", serial=opened.serial, keys=names
        )

    def _keys_changed(self, document: dict[str, Any]) -> Message:
        checkpoint, _witnesses = self._policy.verify(_bytes(document, "offered_checkpoint"))
        known = self._opened(document, "known_directory", checkpoint.origin)
        offered = self._opened(document, "offered_directory", checkpoint.origin)
        if offered.serial > known.serial:
            try:
                require_continuity(offered, known)
            except KeyChangeUnproven as error:
                return _(
                    "el coordinador firmó el directorio {serial:d}, que cambia claves ajenas: {why}",
                    serial=offered.serial,
                    why=error.message,
                )
        raise ProofError(_("el directorio respeta las claves del anterior"))

    def _opened(self, document: dict[str, Any], name: str, origin: str) -> Directory:
        directory = document.get(name)
        if not isinstance(directory, dict):
            raise MalformedDocument(_("falta el directorio"))
        envelope = Envelope.from_json(canonical.encode(directory), max_bytes=MAX_DIRECTORY_BYTES)
        return open_directory(envelope, coordinator_key=self._key(origin))

    def _key(self, origin: str) -> bytes:
        return self._policy.logs[origin][0].public_key


def _bytes(document: dict[str, Any], name: str) -> bytes:
    value = document.get(name)
    if not isinstance(value, str):
        raise MalformedDocument(_("falta {name}", name=name))
    return value.encode()


def _hash(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (ValueError, binascii.Error) as error:
        raise MalformedDocument(_("un hash no está en base64")) from error
