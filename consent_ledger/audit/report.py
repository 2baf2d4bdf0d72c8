"""What an audit says: numbered checks, each with how much it looked at and what it found."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from consent_ledger.log.entry import EntryType
from policies.retention import load_retention

MAX_FINDINGS_SHOWN: Final = 1000
"""Findings kept a check; all are counted."""


class Severity(StrEnum):
    """An error means the ledger, or the entity, broke a promise; a warning asks somebody to look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, where it is, and what it is in both languages."""

    code: str
    es: str
    en: str
    index: int | None = None
    severity: Severity = Severity.ERROR


@dataclass(slots=True)
class Check:
    """One numbered question and its answer."""

    number: int
    code: str
    es: str
    en: str
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

    def fail(self, code: str, es: str, en: str, *, index: int | None = None) -> None:
        """Report an error."""
        self.report(Finding(code, es, en, index))

    def warn(self, code: str, es: str, en: str, *, index: int | None = None) -> None:
        """Report a warning."""
        self.report(Finding(code, es, en, index, Severity.WARNING))


_QUESTIONS: Final = (
    ("checkpoint", "La firma del registro es válida y es de quien dice ser", "The ledger's signature is valid"),
    ("entries", "Todas las anotaciones están y tienen el formato correcto", "All entries are there and well-formed"),
    ("tiles", "Las huellas publicadas son las de las anotaciones", "The published hashes are those of the entries"),
    ("root", "El árbol completo es el que se firmó", "The whole tree is the one that was signed"),
    ("times", "Las fechas no retroceden", "Times do not go backwards"),
    ("bodies", "Cada contenido es el que se anotó", "Each content is the one that was committed to"),
    ("erasures", "Todo contenido que falta se borró con su anotación", "Every missing content has its erasure entry"),
    ("consents", "Los consentimientos cambian solo como está permitido", "Consents change only as allowed"),
    ("releases", "Cada cesión tenía un consentimiento vigente", "Every release had a live consent"),
    (
        "withdrawals",
        "Nada se cedió después de una retirada o caducidad",
        "Nothing was released after withdrawal or expiry",
    ),
    (
        "acknowledgements",
        "Cada destinatario acusó recibo de la retirada",
        "Every recipient acknowledged the withdrawal",
    ),
    ("training", "Solo se contribuyó a entrenamientos aprobados", "Only approved training was contributed to"),
    (
        "records",
        "Los consentimientos están completos y solo tratan datos que se pueden ceder",
        "Consents are complete and cover only data that may be shared",
    ),
    ("budget", "El gasto de privacidad es el que se aprobó", "The privacy budget spent is what was approved"),
    (
        "witnesses",
        "Los testigos vieron este mismo registro",
        "Witnesses saw this same ledger",
    ),
    (
        "referrals",
        "Las derivaciones avanzan como está permitido y con consentimiento",
        "Referrals move only as allowed, and rest on a consent",
    ),
    (
        "counterparts",
        "Los pasos de las derivaciones constan igual en la otra entidad",
        "The steps of referrals are the same at the other entity",
    ),
)


@dataclass(frozen=True, slots=True)
class ErasureNote:
    """The content of some entries was erased: when, on which basis, by which rule of the schedule, of how many."""

    index: int
    time: datetime
    basis: str
    rule: str | None
    entries: int

    def text(self, language: str) -> str:
        """Return the sentence, in ``es`` or ``en``."""
        basis = load_retention().basis_label(self.basis, language)
        if language == "es":
            return f"El contenido de {self.entries} anotaciones se borró el {self.time:%Y-%m-%d}. Motivo: {basis}."
        return f"The content of {self.entries} entries was erased on {self.time:%Y-%m-%d}. Basis: {basis}."


@dataclass(slots=True)
class AuditReport:
    """The whole audit."""

    origin: str = ""
    size: int = 0
    root: str = ""
    witnesses: tuple[str, ...] = ()
    erased: int = 0
    erasures: list[ErasureNote] = field(default_factory=list)
    entries_by_type: dict[str, int] = field(default_factory=dict)
    checks: list[Check] = field(
        default_factory=lambda: [Check(n, code, es, en) for n, (code, es, en) in enumerate(_QUESTIONS, 1)]
    )
    _by_code: dict[str, Check] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_code = {check.code: check for check in self.checks}

    def check(self, code: str) -> Check:
        """Return a check by its code."""
        return self._by_code[code]

    def count(self, kind: EntryType) -> None:
        """Count an entry under its type."""
        name = kind.value
        self.entries_by_type[name] = self.entries_by_type.get(name, 0) + 1

    @property
    def passed(self) -> bool:
        """Whether no check found an error."""
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
        """Return the report for a person, in ``es`` or ``en``."""
        spanish = language == "es"
        lines = [f"{self.origin}: {self.size} {'anotaciones' if spanish else 'entries'}, {self.root}", ""]
        for check in self.checks:
            mark = "✗" if check.errors else "!" if check.warnings else "✓"
            lines.append(f"{mark} {check.number:2}. {check.es if spanish else check.en} ({check.examined})")
            for finding in check.findings:
                place = "" if finding.index is None else f"#{finding.index}: "
                lines.append(f"      {place}{finding.es if spanish else finding.en} [{finding.code}]")
        lines += ["", *(f"#{note.index}: {note.text(language)}" for note in self.erasures)] if self.erasures else []
        verdicts = {
            (True, True): "Verificado: el registro cumple todas las comprobaciones.",
            (True, False): "NO VERIFICADO: avise a la autoridad de control o a la Gerencia.",
            (False, True): "Verified: the ledger passes every check.",
            (False, False): "NOT VERIFIED: tell the supervisory authority or the coordinator.",
        }
        return "\n".join([*lines, "", verdicts[spanish, self.passed]])


def _check_document(check: Check) -> dict[str, Any]:
    return {
        "number": check.number,
        "code": check.code,
        "title": {"es": check.es, "en": check.en},
        "examined": check.examined,
        "errors": check.errors,
        "warnings": check.warnings,
        "findings": [
            {
                "code": finding.code,
                "severity": finding.severity.value,
                "index": finding.index,
                "message": {"es": finding.es, "en": finding.en},
            }
            for finding in check.findings
        ],
    }
