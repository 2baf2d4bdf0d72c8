"""Evidence that a log was forked or rolled back: files in ``HOME/evidence``, kept until a person deals with them."""

import base64
import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import structlog

from consent_ledger.witness import Evidence, Misconduct, origin_hash
from service.errors import HomeUnusable
from service.files import write_private
from service.findings import Finding, Level

FOLDER: Final = "evidence"
UNCLEAR: Final = "unclear"
"""Below it: what may be honest, one file a log, until the log proves that it holds what it had shown before."""
MAX_FILES: Final = 1000
"""A misbehaving log could sign without end; what the first thousand files prove needs no more."""

_log = structlog.get_logger(__name__)

_WHAT: Final = {
    Misconduct.FORK: ("firmó dos versiones de su registro", "signed two versions of its ledger"),
    Misconduct.UNPROVEN: ("no prueba que su registro solo haya crecido", "does not prove that its ledger only grew"),
    Misconduct.ROLLBACK: ("ha acortado su registro", "shortened its ledger"),
    Misconduct.SMALLER: ("muestra un registro más corto que antes", "shows a shorter ledger than before"),
}


def keep_evidence(home: Path, evidence: Evidence, *, seen_by: str, now: datetime) -> Path | None:
    """Write evidence to a file of its own, once, and sound the alarm in the log.

    Args:
        home: home folder of the service.
        evidence: two signed checkpoints that do not go together.
        seen_by: ``witness``, ``peer`` or ``log``: in which part this service saw it.
        now: the present time.

    Returns:
        The file; None when there are so many that no more are kept.

    Raises:
        StorageFull, HomeUnusable: it cannot be written.
    """
    if evidence.kind is Misconduct.SMALLER:
        return _keep_doubt(home, evidence, seen_by=seen_by, now=now)
    digest = sha256(evidence.known + b"\0" + evidence.offered).hexdigest()[:16]
    path = home / FOLDER / f"{evidence.kind}-{origin_hash(evidence.origin)[:8]}-{digest}.json"
    _log.error("ledger_misconduct", kind=evidence.kind.value, origin=evidence.origin, seen_by=seen_by, file=path.name)
    if path.exists():
        return path
    if len(evidence_files(home)) >= MAX_FILES:
        return None
    _write(path, evidence, seen_by, now)
    return path


def _keep_doubt(home: Path, evidence: Evidence, *, seen_by: str, now: datetime) -> Path:
    path = _doubt(home, evidence.origin)
    _log.warning("ledger_smaller", origin=evidence.origin, seen_by=seen_by, file=path.name)
    if not path.exists():
        _write(path, evidence, seen_by, now)
    return path


def clear_doubt(home: Path, origin: str) -> None:
    """Drop what is unclear of a log, which has now proved that it extends what it had shown before.

    Raises:
        HomeUnusable: the file cannot be removed.
    """
    try:
        _doubt(home, origin).unlink(missing_ok=True)
    except OSError as error:
        raise HomeUnusable(
            f"cannot remove {_doubt(home, origin)}: {error.strerror}", remedy="check its owner"
        ) from error


def _doubt(home: Path, origin: str) -> Path:
    return home / FOLDER / UNCLEAR / f"{Misconduct.SMALLER}-{origin_hash(origin)[:16]}.json"


def _write(path: Path, evidence: Evidence, seen_by: str, now: datetime) -> None:
    document = {
        "kind": evidence.kind.value,
        "origin": evidence.origin,
        "seen_by": seen_by,
        "seen_at": now.isoformat(),
        "known_checkpoint": evidence.known.decode(),
        "offered_checkpoint": evidence.offered.decode(),
        "offered_proof": [base64.b64encode(node).decode() for node in evidence.proof],
    }
    write_private(path, (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode())


def evidence_files(home: Path) -> list[Path]:
    """Return the evidence that nobody has dealt with yet."""
    return sorted((home / FOLDER).glob("*.json"))


def evidence_summary(home: Path) -> list[dict[str, Any]]:
    """Return each evidence in short, as JSON values; a file that does not read is listed as unreadable."""
    return [_summary(path) for path in evidence_files(home)]


def _summary(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
        return {"file": str(path), **{name: str(document[name]) for name in ("kind", "origin", "seen_by", "seen_at")}}
    except (OSError, ValueError, KeyError, TypeError):
        return {"file": str(path), "kind": "unreadable", "origin": "", "seen_by": "", "seen_at": ""}


def check_evidence(home: Path) -> Finding:
    """Check that no log is known to have been forked or rolled back."""
    found = evidence_summary(home)
    unclear = [_summary(path) for path in sorted((home / FOLDER / UNCLEAR).glob("*.json"))]
    if not found and unclear:
        es, en = (", ".join(sorted({_told(each, language) for each in unclear})) for language in (0, 1))
        remedy = "ask its administrator whether an old backup was restored; a late request clears up by itself"
        return Finding("evidence", Level.WARNING, f"AVISO: {es}", f"NOTICE: {en}", remedy)
    if not found:
        es, en = "Ningún registro ha mostrado versiones contradictorias", "No ledger has shown contradictory versions"
        return Finding("evidence", Level.OK, es, en)
    es, en = (", ".join(sorted({_told(each, language) for each in found})) for language in (0, 1))
    remedy = f"show {home / FOLDER} to the data-protection officers of both entities; then move the files elsewhere"
    return Finding("evidence", Level.FAILED, f"ALERTA: {es}", f"ALARM: {en}", remedy)


def alarm_lines(found: list[dict[str, Any]], lang: str) -> list[str]:
    """Return what ``status`` says of a summary of evidence: nothing when there is none."""
    if not found:
        return []
    if lang == "en":
        return [f"ALARM: evidence of altered ledgers: {len(found)} files. Run doctor."]
    return [f"ALERTA: pruebas de registros alterados: {len(found)} ficheros. Ejecute «doctor»."]


def _told(summary: dict[str, Any], language: int) -> str:
    kinds = {kind.value: words[language] for kind, words in _WHAT.items()}
    return f"{summary['origin']} {kinds.get(summary['kind'], summary['kind'])}"
