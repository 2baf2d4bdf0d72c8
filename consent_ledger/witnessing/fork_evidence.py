"""Evidence that a log was forked or rolled back: files in ``HOME/evidence``, kept until a person deals with them."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import structlog

from consent_ledger.witnessing.witness import CheckpointConflict, Misconduct, origin_hash
from presentation.messages import Message, _, listing, speaking
from service.errors import HomeUnusable
from service.files import write_private
from service.findings import Finding, Level

FOLDER: Final = "evidence"
UNCLEAR: Final = "unclear"
"""Its subfolder for possible honest errors: one file a log, until the log proves that it extends what it had shown."""
MAX_FILES: Final = 1000
"""A misbehaving log could sign without end; a thousand files prove enough."""

_log = structlog.get_logger(__name__)

_WHAT: Final[Mapping[Misconduct, Callable[[str], Message]]] = {
    Misconduct.FORK: lambda origin: _("{origin} firmó dos versiones de su registro", origin=origin),
    Misconduct.UNPROVEN: lambda origin: _("{origin} no prueba que su registro solo haya crecido", origin=origin),
    Misconduct.ROLLBACK: lambda origin: _("{origin} ha acortado su registro", origin=origin),
    Misconduct.SMALLER: lambda origin: _("{origin} muestra un registro más corto que antes", origin=origin),
}
_KEYS_CHANGED: Final = "keys_changed"
_KINDS: Final = frozenset(kind.value for kind in _WHAT)


def keep_evidence(home: Path, evidence: CheckpointConflict, *, seen_by: str, now: datetime) -> Path | None:
    """Write evidence to a file of its own, once, and log an error.

    Args:
        home: home folder of the service.
        evidence: two signed checkpoints that do not go together.
        seen_by: the part of this service that saw it: ``witness``, ``peer`` or ``log``.
        now: the present time.

    Returns:
        The file; None when `MAX_FILES` are kept already.

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


def _keep_doubt(home: Path, evidence: CheckpointConflict, *, seen_by: str, now: datetime) -> Path:
    path = _doubt(home, evidence.origin)
    _log.warning("ledger_smaller", origin=evidence.origin, seen_by=seen_by, file=path.name)
    if not path.exists():
        _write(path, evidence, seen_by, now)
    return path


def clear_doubt(home: Path, origin: str) -> None:
    """Drop the unclear evidence on a log that has now proved to extend its earlier checkpoint.

    Raises:
        HomeUnusable: the file cannot be removed.
    """
    try:
        _doubt(home, origin).unlink(missing_ok=True)
    except OSError as error:
        raise HomeUnusable(
            _("no se puede borrar {doubt}: {strerror}", doubt=_doubt(home, origin), strerror=error.strerror),
            remedy=_("compruebe quién es su propietario"),
        ) from error


def _doubt(home: Path, origin: str) -> Path:
    return home / FOLDER / UNCLEAR / f"{Misconduct.SMALLER}-{origin_hash(origin)[:16]}.json"


def _write(path: Path, evidence: CheckpointConflict, seen_by: str, now: datetime) -> None:
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
    """Return the files of evidence that are still in the folder."""
    return sorted((home / FOLDER).glob("*.json"))


def evidence_summary(home: Path) -> list[dict[str, Any]]:
    """Return a summary of each file of evidence as JSON values; a file that cannot be read is listed as unreadable."""
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
        remedy = _(
            "pregunte a quien administra ese nodo si se restauró una copia antigua; si solo fue una petición "
            "tardía, el aviso desaparece solo"
        )
        return Finding("evidence", Level.WARNING, _("AVISO: {found}", found=_all(unclear)), remedy)
    if not found:
        return Finding("evidence", Level.OK, _("Ningún registro ha mostrado versiones contradictorias"))
    remedy = _(
        "enseñe {home} a las personas delegadas de protección de datos de las dos entidades; después, lleve "
        "los ficheros a otro sitio",
        home=home / FOLDER,
    )
    return Finding("evidence", Level.FAILED, _("ALERTA: {found}", found=_all(found)), remedy)


def alarm_lines(found: list[dict[str, Any]], lang: str) -> list[str]:
    """Return the lines of ``status`` about a summary of evidence; none when it is empty."""
    if not found:
        return []
    say = speaking(lang)
    return [
        say.plural(
            "ALERTA: pruebas de registros alterados: {n} fichero. Ejecute «doctor».",
            "ALERTA: pruebas de registros alterados: {n} ficheros. Ejecute «doctor».",
            len(found),
        )
    ]


def _all(summaries: list[dict[str, Any]]) -> Message:
    seen = {(each["origin"], each["kind"]) for each in summaries}
    return listing(_said(origin, kind) for origin, kind in sorted(seen))


def _said(origin: str, kind: str) -> Message | str:
    if kind == _KEYS_CHANGED:
        return _("el coordinador de {origin} firmó un directorio que cambia claves ajenas", origin=origin)
    return _WHAT[Misconduct(kind)](origin) if kind in _KINDS else origin
