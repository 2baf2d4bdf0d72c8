"""Evidence against the coordinator: a directory that it signed and that changes an entity's keys without the entity.

It lies with the other evidence, so that ``doctor`` and ``status`` show it until a person deals with it.
"""

import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import structlog

from consent_ledger.witnessing.fork_evidence import FOLDER
from service.files import write_private
from trust.signing import Envelope

MAX_FILES: Final = 20
"""Directories kept: a coordinator could sign without end, and each may be megabytes."""
_PATTERN: Final = "directory-*.json"

_log = structlog.get_logger(__name__)


def keep_directory(home: Path, envelope: Envelope, *, network: str, reason: str, now: datetime) -> None:
    """Keep a refused directory, once.

    Raises:
        StorageFull, HomeUnusable: it cannot be written.
    """
    path = home / FOLDER / f"directory-{sha256(envelope.payload).hexdigest()[:16]}.json"
    _log.error("directory_changes_keys", reason=reason, file=path.name)
    if path.exists() or len(directory_evidence(home)) >= MAX_FILES:
        return
    document = {
        "kind": "keys_changed",
        "origin": network,
        "seen_by": "directory",
        "seen_at": now.isoformat(),
        "reason": str(reason),
        "directory": json.loads(envelope.to_json()),
    }
    write_private(path, (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode())


def directory_evidence(home: Path) -> list[Path]:
    """Return the refused directories that are still in the folder."""
    return sorted((home / FOLDER).glob(_PATTERN))
