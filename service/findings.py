"""The findings of ``doctor``: their form, and the checks that both services share."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine

from policies.errors import EXIT_CODES, ErrorKind, RedpactError
from presentation.catalogue import LANGUAGES
from presentation.messages import _, in_language
from presentation.terminal import paragraph
from service.errors import StorageDamaged
from service.files import read_private
from service.storage import reading
from service.tls import CurrentCertificate

ENOUGH_DISK_BYTES: Final = 1 << 30
LITTLE_DISK_BYTES: Final = 100 << 20
EXPIRY_WARNING: Final = timedelta(days=3)


class Level(StrEnum):
    """The severity of a finding."""

    OK = "ok"
    WARNING = "warning"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check, with the next step when there is one.

    Attributes:
        check: stable name.
        level: its severity.
        text: the result, a message.
        remedy: the next step.
        detail: particulars of an error.
    """

    check: str
    level: Level
    text: str
    remedy: str = ""
    detail: str = ""

    @classmethod
    def of_error(cls, check: str, error: RedpactError) -> "Finding":
        """Return the finding for one of our errors."""
        level = Level.UNREACHABLE if error.kind is ErrorKind.UNREACHABLE else Level.FAILED
        return cls(check, level, error.sentence, error.remedy, error.message)


def exit_code(findings: Sequence[Finding]) -> int:
    """Return doctor's exit code: 4 when something here is broken, 3 when a peer is unreachable, 0 otherwise."""
    levels = {finding.level for finding in findings}
    if Level.FAILED in levels:
        return EXIT_CODES[ErrorKind.DAMAGED]
    return EXIT_CODES[ErrorKind.UNREACHABLE] if Level.UNREACHABLE in levels else 0


def check_disk(home: Path) -> Finding:
    """Check that the disk of the home folder has free space."""
    free = shutil.disk_usage(home).free
    text = _("Espacio libre en disco: {free} MiB", free=free >> 20)
    if free < LITTLE_DISK_BYTES:
        return Finding("disk", Level.FAILED, text, _("libere espacio: pronto no se podrá escribir nada"))
    level = Level.OK if free >= ENOUGH_DISK_BYTES else Level.WARNING
    return Finding("disk", level, text, "" if level is Level.OK else _("libere espacio"))


def check_keys(paths: Sequence[Path]) -> Finding:
    """Check that every key file can be read by its owner and nobody else."""
    try:
        for path in paths:
            read_private(path)
    except RedpactError as error:
        return Finding.of_error("keys", error)
    return Finding("keys", Level.OK, _("Claves presentes y con permisos correctos"))


def check_database(engine: Engine, scripts: str) -> Finding:
    """Check that the database is sound and has this version's schema."""
    from service import migrate  # noqa: PLC0415 - slow to load, and only this check needs it

    try:
        _check_integrity(engine)
        migrate.require_current(engine, scripts)
    except RedpactError as error:
        return Finding.of_error("database", error)
    return Finding("database", Level.OK, _("Base de datos íntegra y actualizada"))


def _check_integrity(engine: Engine) -> None:
    with reading(engine) as connection:
        if engine.dialect.name != "sqlite":
            return
        answer = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if answer != "ok":
        raise StorageDamaged(
            _("la base de datos está dañada: {answer}", answer=answer), remedy=_("restaure una copia de seguridad")
        )


def check_certificate(certificate: CurrentCertificate, now: datetime) -> Finding:
    """Check that the TLS certificate is usable now and was renewed in time."""
    try:
        identity = certificate.identity()
    except RedpactError as error:
        return Finding.of_error("certificate", error)
    until = identity.not_after
    if now < identity.not_before:
        return Finding(
            "certificate",
            Level.FAILED,
            _(
                "El certificado no vale hasta {start}: el reloj de este equipo puede ir atrasado",
                start=identity.not_before,
            ),
            _("ponga en hora el reloj del equipo"),
        )
    if now >= identity.not_after:
        return Finding(
            "certificate",
            Level.FAILED,
            _("El certificado caducó el {until}", until=until),
            _("pida al coordinador: entity invite ID --again; después ejecute init --token-file"),
        )
    level = Level.WARNING if identity.not_after - now < EXPIRY_WARNING and now > identity.renew_at else Level.OK
    remedy = "" if level is Level.OK else _("mantenga serve en marcha y el coordinador accesible, para que se renueve")
    return Finding("certificate", level, _("Certificado válido hasta {until}", until=until), remedy)


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings as JSON values."""
    return {"ok": exit_code(findings) == 0, "checks": [_document(finding) for finding in findings]}


def _document(finding: Finding) -> dict[str, Any]:
    texts = {lang: in_language(finding.text, lang) for lang in LANGUAGES}
    own = {"detail": str(finding.detail), "remedy": str(finding.remedy)}
    return {"check": finding.check, "level": finding.level, **texts, **own}


_MARKS: Final = {Level.OK: "✓", Level.WARNING: "!", Level.UNREACHABLE: "✗", Level.FAILED: "✗"}


def text(findings: Sequence[Finding], lang: str) -> str:
    """Return the findings for people."""
    lines = []
    for finding in findings:
        lines.append(paragraph(f"{_MARKS[finding.level]} {in_language(finding.text, lang)}", hanging=2))
        if finding.detail:
            lines.append(paragraph(in_language(finding.detail, lang), indent=4))
        if finding.remedy:
            lines.append(paragraph(f"→ {in_language(finding.remedy, lang)}", indent=4, hanging=2))
    return "\n".join(lines)
