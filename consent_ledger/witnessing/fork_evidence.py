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
from policies.strict_reading import read_json
from presentation.faults import os_fault
from presentation.messages import Message, _, listing, speaking
from service.errors import HomeUnusable
from service.files import write_private
from service.findings import Finding, Level
from trust.parties import directory_origin

FOLDER: Final = "evidence"
UNCLEAR: Final = "unclear"
"""Its subfolder for possible honest errors: one file a log, until the log proves that it extends what it had shown."""
ACKNOWLEDGED: Final = "acknowledged"
"""Its subfolder for evidence on directories that the data-protection officer has dealt with."""
MAX_FILES: Final = 1000
"""A misbehaving log could sign without end; a thousand files prove enough."""
MAX_FILES_OF_LOG: Final = 100
"""And a hundred of one log, so that none leaves the others without room."""

_log = structlog.get_logger(__name__)

_DIRECTORY: Final = directory_origin("")

_WHAT: Final[Mapping[Misconduct, Callable[[str], Message]]] = {
    Misconduct.FALSE_KEYS: lambda _origin: _("un directorio da a esta entidad claves que no son suyas"),
    Misconduct.KEYS_CHANGED: lambda _origin: _("el coordinador firmó un directorio que cambia claves ajenas"),
    Misconduct.FORK: lambda origin: _("{origin} firmó dos versiones de su registro", origin=origin),
    Misconduct.UNPROVEN: lambda origin: _("{origin} no prueba que su registro solo haya crecido", origin=origin),
    Misconduct.ROLLBACK: lambda origin: _("{origin} ha acortado su registro", origin=origin),
    Misconduct.SMALLER: lambda origin: _("{origin} muestra un registro más corto que antes", origin=origin),
}
_NEWER_ELSEWHERE: Final = _("otra entidad muestra un directorio que el coordinador no enseña ni prueba a este nodo")
_TWO_DIRECTORIES: Final = _("el coordinador firmó directorios que se contradicen")
_OF_DIRECTORIES: Final = frozenset((Misconduct.FALSE_KEYS, Misconduct.KEYS_CHANGED))
_KINDS: Final = frozenset(kind.value for kind in _WHAT)


def keep_evidence(
    home: Path,
    evidence: CheckpointConflict,
    *,
    seen_by: str,
    now: datetime,
    documents: Mapping[str, Any] | None = None,
) -> Path | None:
    """Write evidence to a file of its own, once, and log an error.

    Args:
        home: home folder of the service.
        evidence: two signed checkpoints that do not go together.
        seen_by: the part of this service that saw it: ``witness``, ``peer``, ``log`` or ``directory``.
        now: the present time.
        documents: what else belongs to it, as JSON values by name: signed directories.

    Returns:
        The file; None when `MAX_FILES` are kept already, or `MAX_FILES_OF_LOG` of this log.

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
    if not _has_room(home, evidence.origin):
        return None
    _write(path, evidence, seen_by, now, documents or {})
    return path


def _has_room(home: Path, origin: str) -> bool:
    kept = evidence_files(home)
    own = sum(f"-{origin_hash(origin)[:8]}-" in path.name for path in kept)
    # Others can fill the folder; what concerns the directory must still find room.
    return own < MAX_FILES_OF_LOG and (is_of_directory(origin) or len(kept) < MAX_FILES)


def is_of_directory(origin: str) -> bool:
    """Return whether an origin is that of a log of directories."""
    return origin.endswith(_DIRECTORY)


def acknowledge_evidence(home: Path, origin: str) -> tuple[str, ...]:
    """Move the evidence on a log to a subfolder, where it alarms no more, and return the names of the files.

    Raises:
        HomeUnusable: a file cannot be moved.
    """
    folder = home / FOLDER / ACKNOWLEDGED
    moved = [path for path in evidence_files(home) if _summary(path)["origin"] == origin]
    try:
        if moved:
            folder.mkdir(mode=0o700, exist_ok=True)
        for path in moved:
            path.replace(folder / path.name)
    except OSError as error:
        raise HomeUnusable(
            _("no se puede escribir {path}: {fault}", path=folder, fault=os_fault(error)),
            remedy=_("compruebe quién es su propietario"),
        ) from error
    return tuple(path.name for path in moved)


def _keep_doubt(home: Path, evidence: CheckpointConflict, *, seen_by: str, now: datetime) -> Path:
    path = _doubt(home, evidence.origin)
    _log.warning("ledger_smaller", origin=evidence.origin, seen_by=seen_by, file=path.name)
    if not path.exists():
        _write(path, evidence, seen_by, now, {})
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
            _("no se puede borrar {doubt}: {reason}", doubt=_doubt(home, origin), reason=os_fault(error)),
            remedy=_("compruebe quién es su propietario"),
        ) from error


def _doubt(home: Path, origin: str) -> Path:
    return home / FOLDER / UNCLEAR / f"{Misconduct.SMALLER}-{origin_hash(origin)[:16]}.json"


def _write(path: Path, evidence: CheckpointConflict, seen_by: str, now: datetime, documents: Mapping[str, Any]) -> None:
    document = {
        "kind": evidence.kind.value,
        "origin": evidence.origin,
        "seen_by": seen_by,
        "seen_at": now.isoformat(),
        "known_checkpoint": evidence.known.decode(),
        "offered_checkpoint": evidence.offered.decode(),
        "offered_proof": [base64.b64encode(node).decode() for node in evidence.proof],
        **documents,
    }
    write_private(path, (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode())


def origin_of(path: Path) -> str:
    """Return the origin of the log that a piece of evidence is about; empty when it cannot be read."""
    return str(_summary(path)["origin"])


def evidence_files(home: Path) -> list[Path]:
    """Return the files of evidence that are still in the folder."""
    return sorted((home / FOLDER).glob("*.json"))


def evidence_summary(home: Path) -> list[dict[str, Any]]:
    """Return a summary of each file of evidence as JSON values; a file that cannot be read is listed as unreadable."""
    return [_summary(path) for path in evidence_files(home)]


def _summary(path: Path) -> dict[str, Any]:
    try:
        document = read_json(path.read_bytes())
        return {"file": str(path), **{name: str(document[name]) for name in ("kind", "origin", "seen_by", "seen_at")}}
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
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
    return listing(_what(origin, kind) for origin, kind in sorted(seen))


def what_of(summary: Mapping[str, Any]) -> Message | str:
    """Return the words for what a piece of evidence shows."""
    return _what(summary["origin"], summary["kind"])


def _what(origin: str, kind: str) -> Message | str:
    if kind not in _KINDS:
        return origin
    if is_of_directory(origin) and kind not in _OF_DIRECTORIES:
        return _NEWER_ELSEWHERE if kind == Misconduct.SMALLER else _TWO_DIRECTORIES
    return _WHAT[Misconduct(kind)](origin)
