"""What the verification of a bundle says: numbered checks in both languages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from consent_ledger.audit.report import Check

QUESTIONS: Final = (
    (
        "sums_signed",
        "La lista de huellas está firmada por la Gerencia",
        "The list of hashes is signed by the coordinator",
    ),
    ("files", "Están todos los ficheros, sin cambios y sin añadidos", "Every file is there, unchanged, and no other"),
    (
        "documents",
        "El manifiesto y el modelo están firmados y van juntos",
        "Manifest and release are signed and belong to each other",
    ),
    ("purpose", "Solo para ofrecer apoyo, nunca para sancionar", "To offer support only, never to sanction"),
    ("transcript", "El registro de rondas es el que firmó la Gerencia", "The transcript is the one that was signed"),
    ("rounds", "Las rondas son las del manifiesto", "The rounds are those of the manifest"),
    ("cohort", "En cada ronda hubo entidades invitadas suficientes", "Enough invited entities were in every round"),
    (
        "noise",
        "El ruido no depende de más entidades que las presentes",
        "The noise needs no more entities than took part",
    ),
    ("epsilon", "El épsilon recalculado no supera el declarado", "Epsilon computed again is not above the claim"),
    ("model", "El modelo rehecho a partir de las rondas es el publicado", "The model made again is the one released"),
    ("metrics", "Las medidas son las que firmó la Gerencia", "The figures are those that were signed"),
    ("expiry", "El modelo no ha caducado", "The model has not expired"),
)
"""The checks by number, from 1."""


@dataclass(frozen=True, slots=True)
class BundleReport:
    """The checks that were made, in order; one that needs what failed before it is not among them.

    Attributes:
        checks: numbered as in `QUESTIONS`.
        campaign_id: None when the documents do not verify.
        epsilon: computed again; None when it could not be.
        expires: when the model ends.
        own_key: whether the trusted key came with the bundle.
    """

    checks: tuple[Check, ...]
    campaign_id: str | None
    epsilon: float | None
    expires: datetime | None
    own_key: bool

    @property
    def passed(self) -> bool:
        """Whether all checks were made and none found a fault."""
        return len(self.checks) == len(QUESTIONS) and not any(check.errors for check in self.checks)

    @property
    def failed(self) -> tuple[int, ...]:
        """Numbers of the checks that found a fault."""
        return tuple(check.number for check in self.checks if check.errors)

    def document(self) -> dict[str, Any]:
        """Return the values for ``--json``."""
        made = {check.number for check in self.checks}
        return {
            "passed": self.passed,
            "campaign_id": self.campaign_id,
            "epsilon": self.epsilon,
            "expires": self.expires.isoformat() if self.expires else None,
            "own_key": self.own_key,
            "checks": [
                {
                    "number": check.number,
                    "code": check.code,
                    "examined": check.examined,
                    "passed": not check.errors,
                    "findings": [{"code": each.code, "es": each.es, "en": each.en} for each in check.findings],
                }
                for check in self.checks
            ],
            "not_made": [number for number in range(1, len(QUESTIONS) + 1) if number not in made],
        }

    def text(self, lang: str) -> str:
        """Return the report for people, in ``es`` or ``en``."""
        english = lang == "en"
        verdict = ("VERIFIED", "NOT VERIFIED") if english else ("VERIFICADO", "NO VERIFICADO")
        lines = [f"{verdict[0] if self.passed else verdict[1]}: {self.campaign_id or '—'}"]
        for check in self.checks:
            lines.append(f"{'✗' if check.errors else '✓'} ({check.number}) {check.en if english else check.es}")
            lines += [f"    {each.en if english else each.es}" for each in check.findings]
        missing = len(QUESTIONS) - len(self.checks)
        if missing:
            lines.append(f"— {missing} checks could not be made" if english else f"— {missing} no se han podido hacer")
        if self.expires:
            until = f"{self.expires:%Y-%m-%d}"
            lines.append(f"The model may be used until {until}." if english else f"El modelo vale hasta el {until}.")
        return "\n".join(lines)
