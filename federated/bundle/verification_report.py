"""The report on a bundle: numbered checks, each with its findings, in the reader's language."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from presentation import formats
from presentation.catalogue import LANGUAGES
from presentation.messages import Message, _, speaking
from presentation.terminal import paragraph

QUESTIONS: Final = (
    ("sums_signed", _("La lista de huellas está firmada por la Gerencia")),
    ("files", _("Están todos los ficheros, sin cambios y sin añadidos")),
    ("documents", _("El manifiesto y el modelo están firmados y van juntos")),
    ("purpose", _("Solo para ofrecer apoyo, nunca para sancionar")),
    ("transcript", _("El registro de rondas es el que firmó la Gerencia")),
    ("rounds", _("Las rondas son las del manifiesto")),
    ("cohort", _("En cada ronda hubo entidades invitadas suficientes")),
    ("noise", _("El ruido no depende de más entidades que las presentes")),
    ("epsilon", _("El épsilon recalculado no supera el declarado")),
    ("model", _("El modelo rehecho a partir de las rondas es el publicado")),
    ("metrics", _("Las medidas son las que firmó la Gerencia")),
    ("expiry", _("El modelo no ha caducado")),
)
"""Code and question of each check; numbers count from 1."""

_PASSED: Final = "✓"
_FAILED: Final = "✗"
_HANGING: Final = 6


@dataclass(frozen=True, slots=True)
class BundleFinding:
    """One fault of a bundle."""

    code: str
    message: Message


@dataclass(slots=True)
class BundleCheck:
    """One numbered check: how many things it examined, and the faults it found."""

    number: int
    examined: int = 1
    findings: list[BundleFinding] = field(default_factory=list)

    @property
    def code(self) -> str:
        """The stable name of the check."""
        return QUESTIONS[self.number - 1][0]

    @property
    def question(self) -> Message:
        """The statement that the check puts to the test."""
        return QUESTIONS[self.number - 1][1]

    @property
    def passed(self) -> bool:
        """True when the check found no fault."""
        return not self.findings

    def fail(self, code: str, message: Message) -> None:
        """Record a fault."""
        self.findings.append(BundleFinding(code, message))

    def document(self) -> dict[str, Any]:
        """Return the values for ``--json``."""
        return {
            "number": self.number,
            "code": self.code,
            "examined": self.examined,
            "passed": self.passed,
            "findings": [
                {"code": each.code, **{lang: each.message.in_language(lang) for lang in LANGUAGES}}
                for each in self.findings
            ],
        }


@dataclass(frozen=True, slots=True)
class BundleReport:
    """The checks that were made, in order; checks that need the result of a failed one are left out.

    Attributes:
        checks: numbered as in `QUESTIONS`.
        campaign_id: None when the documents do not verify.
        epsilon: computed again; None when it could not be.
        expires: end of the model's use.
        own_key: whether the trusted key came with the bundle.
    """

    checks: tuple[BundleCheck, ...]
    campaign_id: str | None
    epsilon: float | None
    expires: datetime | None
    own_key: bool

    @property
    def passed(self) -> bool:
        """True when all checks were made and none found a fault."""
        return len(self.checks) == len(QUESTIONS) and all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[int, ...]:
        """Numbers of the checks that found a fault."""
        return tuple(check.number for check in self.checks if not check.passed)

    def document(self) -> dict[str, Any]:
        """Return the values for ``--json``."""
        made = {check.number for check in self.checks}
        return {
            "passed": self.passed,
            "campaign_id": self.campaign_id,
            "epsilon": self.epsilon,
            "expires": self.expires.isoformat() if self.expires else None,
            "own_key": self.own_key,
            "checks": [check.document() for check in self.checks],
            "not_made": [number for number in range(1, len(QUESTIONS) + 1) if number not in made],
        }

    def text(self, lang: str) -> str:
        """Return the report for people, in ``es`` or ``en``, wrapped to the terminal."""
        say, campaign = speaking(lang), self.campaign_id or "—"
        verdict = _("VERIFICADO: {campaign}", campaign=campaign)
        lines = [say(verdict if self.passed else _("NO VERIFICADO: {campaign}", campaign=campaign))]
        for check in self.checks:
            mark = _PASSED if check.passed else _FAILED
            lines.append(paragraph(f"{mark} ({check.number}) {say(check.question)}", hanging=_HANGING))
            lines += [paragraph(say(each.message), indent=_HANGING) for each in check.findings]
        missing = len(QUESTIONS) - len(self.checks)
        if missing:
            count = say.plural(
                "{n} comprobación no se ha podido hacer", "{n} comprobaciones no se han podido hacer", missing
            )
            lines.append(f"— {count}")
        if self.expires:
            lines.append(say("El modelo vale hasta el {day}.", day=formats.day(self.expires, lang)))
        if self.own_key:
            warning = say(
                "! La clave de confianza venía en la misma carpeta: compárela con la del directorio de la red (--key)."
            )
            lines.append(paragraph(warning, hanging=2))
        return "\n".join(lines)
