"""The report of an audit: numbered checks, each with the number of things examined and its findings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from consent_ledger.audit.words import Glossary
from consent_ledger.log.entry import EntryType
from policies.retention import load_retention
from presentation.catalogue import LANGUAGES
from presentation.formats import local
from presentation.messages import Message, in_language, speaking
from presentation.terminal import paragraph

MAX_FINDINGS_SHOWN: Final = 1000
"""Findings kept a check; all are counted."""
_HANGING: Final = 6


class Severity(StrEnum):
    """An error means that the ledger, or the entity, broke a promise; a warning asks somebody to look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault and the entry that it is in."""

    code: str
    message: str
    index: int | None = None
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True)
class NumberedCheck:
    """A numbered check, before it is made. Numbers are never given again."""

    number: int
    code: str
    title: Message


@dataclass(slots=True)
class Check:
    """The result of one numbered check."""

    number: int
    code: str
    title: str
    examined: int = 0
    errors: int = 0
    warnings: int = 0
    findings: list[Finding] = field(default_factory=list)

    def report(self, finding: Finding) -> None:
        """Count a finding, and keep it while there are not too many."""
        if finding.severity is Severity.ERROR:
            self.errors += 1
        else:
            self.warnings += 1
        if len(self.findings) < MAX_FINDINGS_SHOWN:
            self.findings.append(finding)

    def fail(self, code: str, message: str, *, index: int | None = None) -> None:
        """Report an error."""
        self.report(Finding(code, message, index))

    def warn(self, code: str, message: str, *, index: int | None = None) -> None:
        """Report a warning."""
        self.report(Finding(code, message, index, Severity.WARNING))

    @property
    def mark(self) -> str:
        """The sign of the result: an error, a warning, or neither."""
        return "✗" if self.errors else "!" if self.warnings else "✓"


@dataclass(frozen=True, slots=True)
class ErasureNote:
    """An erasure entry: its time, its basis, the rule of the retention schedule, and the number of entries erased."""

    index: int
    time: datetime
    basis: str
    rule: str | None
    entries: int

    def text(self, language: str) -> str:
        """Return the sentence in a language."""
        return speaking(language).plural(
            "El contenido de {n} anotación se borró el {day}. Motivo: {basis}.",
            "El contenido de {n} anotaciones se borró el {day}. Motivo: {basis}.",
            self.entries,
            day=local(self.time).date(),
            basis=load_retention().basis_label(self.basis, language),
        )


@dataclass(slots=True)
class AuditReport:
    """The whole audit. Create it with `of`."""

    checks: list[Check]
    origin: str = ""
    size: int = 0
    root: str = ""
    witnesses: tuple[str, ...] = ()
    erased: int = 0
    erasures: list[ErasureNote] = field(default_factory=list)
    entries_by_type: dict[str, int] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """Entity to the name that the consents give it."""
    _by_code: dict[str, Check] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_code = {check.code: check for check in self.checks}

    @classmethod
    def of(cls, numbered: Iterable[NumberedCheck]) -> "AuditReport":
        """Return the report whose checks, in the order of their numbers, are these."""
        ordered = sorted(numbered, key=lambda each: each.number)
        return cls([Check(each.number, each.code, each.title) for each in ordered])

    def check(self, code: str) -> Check:
        """Return a check by its code."""
        return self._by_code[code]

    def count(self, kind: EntryType) -> None:
        """Count an entry under its type."""
        name = kind.value
        self.entries_by_type[name] = self.entries_by_type.get(name, 0) + 1

    @property
    def passed(self) -> bool:
        """True when no check found an error."""
        return not any(check.errors for check in self.checks)

    def document(self) -> dict[str, Any]:
        """Return the report as a JSON document."""
        return {
            "passed": self.passed,
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "witnesses": list(self.witnesses),
            "erased": self.erased,
            "erasures": [
                {
                    "index": note.index,
                    "time": note.time.isoformat(),
                    "basis": note.basis,
                    "rule": note.rule,
                    "entries": note.entries,
                }
                for note in self.erasures
            ],
            "entries_by_type": self.entries_by_type,
            "errors": sum(check.errors for check in self.checks),
            "warnings": sum(check.warnings for check in self.checks),
            "checks": [_check_document(check) for check in self.checks],
        }

    def text(self, language: str) -> str:
        """Return the report for a terminal."""
        say, glossary = speaking(language), Glossary(language, self.names, {})
        entries = say.plural("{n} anotación", "{n} anotaciones", self.size)
        lines = [paragraph(f"{self.origin}: {entries}, {self.root}", hanging=2), ""]
        for check in self.checks:
            lines += _check_lines(check, glossary)
        if self.erasures:
            notes = (f"#{note.index}: {note.text(language)}" for note in self.erasures)
            lines += ["", *(paragraph(note, hanging=2) for note in notes)]
        passed = say("Verificado: el registro cumple todas las comprobaciones.")
        failed = say("NO VERIFICADO: avise a la autoridad de control o a la Gerencia.")
        return "\n".join([*lines, "", paragraph(passed if self.passed else failed)])


def _check_lines(check: Check, glossary: Glossary) -> Iterator[str]:
    title = in_language(check.title, glossary.lang)
    yield paragraph(f"{check.mark} {check.number:\u00a0>2}. {title} ({check.examined})", hanging=_HANGING)
    for finding in check.findings:
        place = "" if finding.index is None else f"#{finding.index}: "
        named = glossary.named(finding.message)
        said = in_language(named if isinstance(named, str) else finding.message, glossary.lang)
        yield paragraph(f"{place}{said} [{finding.code}]", indent=_HANGING, hanging=2)


def _check_document(check: Check) -> dict[str, Any]:
    return {
        "number": check.number,
        "code": check.code,
        "title": _in_both(check.title),
        "examined": check.examined,
        "errors": check.errors,
        "warnings": check.warnings,
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "index": finding.index,
                "message": _in_both(finding.message),
            }
            for finding in check.findings
        ],
    }


def _in_both(text: str) -> dict[str, str]:
    return {language: in_language(text, language) for language in LANGUAGES}
