"""What ``doctor`` finds: the checks that both services share, and how findings are shown."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from policies.errors import EXIT_CODES, ErrorKind, RedpactError
from service.errors import StorageDamaged
from service.files import read_private
from service.storage import reading
from service.tls import CurrentCertificate

ENOUGH_DISK_BYTES: Final = 1 << 30
LITTLE_DISK_BYTES: Final = 100 << 20
EXPIRY_WARNING: Final = timedelta(days=3)


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check, in both languages, with the next step when there is one."""

    check: str
    level: Level
    es: str
    en: str
    remedy: str = ""

    @classmethod
    def of_error(cls, check: str, error: RedpactError) -> "Finding":
        """Return the finding that an error of ours amounts to."""
        level = Level.UNREACHABLE if error.kind is ErrorKind.UNREACHABLE else Level.FAILED
        return cls(check, level, error.es, error.message, error.remedy)


def exit_code(findings: Sequence[Finding]) -> int:
    """Return what doctor exits with: 4 when something is broken, 3 when someone is out of reach, 0 otherwise."""
    levels = {finding.level for finding in findings}
    if Level.FAILED in levels:
        return EXIT_CODES[ErrorKind.DAMAGED]
    return EXIT_CODES[ErrorKind.UNREACHABLE] if Level.UNREACHABLE in levels else 0


def check_disk(home: Path) -> Finding:
    """Check that the disk of the home folder has room."""
    free = shutil.disk_usage(home).free
    es, en = f"Espacio libre en disco: {free >> 20} MiB", f"Free disk space: {free >> 20} MiB"
    if free < LITTLE_DISK_BYTES:
        return Finding("disk", Level.FAILED, es, en, "free some space: nothing can be written soon")
    level = Level.OK if free >= ENOUGH_DISK_BYTES else Level.WARNING
    return Finding("disk", level, es, en, "" if level is Level.OK else "free some space")


def check_keys(paths: Sequence[Path]) -> Finding:
    """Check that every key can be read, and by its owner only."""
    try:
        for path in paths:
            read_private(path)
    except RedpactError as error:
        return Finding.of_error("keys", error)
    return Finding("keys", Level.OK, "Claves presentes y con permisos correctos", "Keys present, permissions correct")


def check_database(engine: Engine, scripts: str) -> Finding:
    """Check that the database is sound and has this version's schema."""
    from service import migrate  # noqa: PLC0415 - most that look at findings migrate nothing

    try:
        _check_integrity(engine)
        migrate.require_current(engine, scripts)
    except RedpactError as error:
        return Finding.of_error("database", error)
    return Finding("database", Level.OK, "Base de datos íntegra y actualizada", "Database sound and current")


def _check_integrity(engine: Engine) -> None:
    with reading(engine) as connection:
        if engine.dialect.name != "sqlite":
            return
        answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if answer != "ok":
        raise StorageDamaged(f"the database is damaged: {answer}", remedy="restore a backup")


def check_certificate(certificate: CurrentCertificate, now: datetime) -> Finding:
    """Check that the TLS certificate is usable now and was renewed in time."""
    try:
        identity = certificate.identity()
    except RedpactError as error:
        return Finding.of_error("certificate", error)
    until = identity.not_after.isoformat(timespec="minutes")
    if now < identity.not_before:
        text = identity.not_before.isoformat(timespec="minutes")
        return Finding(
            "certificate",
            Level.FAILED,
            f"El certificado no vale hasta {text}: el reloj de este equipo puede ir atrasado",
            f"The certificate holds from {text}: this machine's clock may be behind",
            "set the clock",
        )
    if now >= identity.not_after:
        return Finding(
            "certificate",
            Level.FAILED,
            f"El certificado caducó el {until}",
            f"The certificate expired at {until}",
            "ask the coordinator for: entity invite ID --again, then run init --token",
        )
    level = Level.WARNING if identity.not_after - now < EXPIRY_WARNING and now > identity.renew_at else Level.OK
    remedy = "" if level is Level.OK else "keep serve running and the coordinator reachable, so that it is renewed"
    return Finding(
        "certificate", level, f"Certificado válido hasta {until}", f"Certificate valid until {until}", remedy
    )


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings as JSON values."""
    return {"ok": exit_code(findings) == 0, "checks": [asdict(finding) for finding in findings]}


_MARKS: Final = {Level.OK: "✓", Level.WARNING: "!", Level.UNREACHABLE: "✗", Level.FAILED: "✗"}


def text(findings: Sequence[Finding], lang: str) -> str:
    """Return the findings for people."""
    lines = []
    for finding in findings:
        lines.append(f"{_MARKS[finding.level]} {finding.en if lang == 'en' else finding.es}")
        if finding.level is not Level.OK and lang != "en":
            lines.append(f"    {finding.en}")
        if finding.remedy:
            lines.append(f"    → {finding.remedy}")
    return "\n".join(lines)
