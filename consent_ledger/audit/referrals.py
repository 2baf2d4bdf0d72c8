"""Referrals in an audit: each step allowed by the table, numbered, resting on a consent, the same for both sides.

Checks 16 and 17. The table is `policies.referrals.MOVES`; what crossed is judged by the same rule that the nodes use.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.bodies import ReferralBody
from policies.referrals import MOVES, OPEN, PURPOSE, ReferralSide, ReferralState, ReferralStep, allows, join

StepKey = tuple[str, str, int]
"""Referral, side that took the step, its number."""
Rests = Callable[[ReferralBody, datetime], bool | None]
"""Whether a referral's consent covers it at a time; None when that cannot be told, as its content was erased."""

_SIDES: Final = {"sent": ReferralSide.SENDER, "received": ReferralSide.RECEIVER}


@dataclass(frozen=True, slots=True)
class HeldStep:
    """A step as one ledger holds it."""

    peer: str
    message_sha256: str
    index: int


@dataclass(slots=True)
class _Known:
    direction: str
    peer: str
    consent_id: str | None
    index: int
    state: ReferralState | None = None
    own_steps: int = 0
    digests: dict[tuple[str, int], str | None] = field(default_factory=dict)


class ReferralAudit:
    """Feed every entry of a referral to `entry`, in order, then call `finish`."""

    def __init__(self, report: AuditReport, rests: Rests) -> None:
        self._check = report.check("referrals")
        self._rests = rests
        self._known: dict[str, _Known] = {}
        self.lost = False
        """Whether content of referrals was erased: what came before a step cannot be told then."""

    def entry(self, entry: AuditedEntry) -> None:
        """Take one entry into account."""
        body = entry.body
        if not isinstance(body, ReferralBody) or body.step is None or body.number is None or body.taken_by is None:
            return  # written before steps were, or tells of no step: from here on it is known whom it is about
        self._check.examined += 1
        known = self._known.get(body.referral_id)
        if known is None:
            known = _Known(body.direction, body.peer, body.consent_id, entry.index)
            self._known[body.referral_id] = known
        known.consent_id, known.index = body.consent_id or known.consent_id, entry.index
        if (known.direction, known.peer) != (body.direction, body.peer):
            self._fail(entry, "referral_parties", "cambia de entidad o de sentido", "changes entity or direction")
        try:
            step, state, side = ReferralStep(body.step), ReferralState(body.state), ReferralSide(body.taken_by)
        except ValueError:
            self._fail(entry, "referral_step_unknown", "tiene un paso desconocido", "has a step that is not known")
            return
        self._order(entry, known, step, side)
        self._outcome(entry, known, step, state)
        if step is ReferralStep.SEND and side is _SIDES[body.direction] and self._rests(body, entry.leaf.time) is False:
            self._fail(
                entry,
                "referral_without_consent",
                "se envió sin consentimiento vigente que la ampare",
                "was sent without a live consent that covers it",
            )

    def finish(self, withdrawn: Iterable[str]) -> None:
        """Report referrals that go on although their consent was withdrawn."""
        ended = set(withdrawn)
        for referral, known in self._known.items():
            if known.direction == "sent" and known.state in OPEN and known.consent_id in ended:
                self._check.fail(
                    "referral_after_withdrawal",
                    f"La derivación {referral} sigue abierta tras la retirada de su consentimiento.",
                    f"Referral {referral} is still open after its consent was withdrawn.",
                    index=known.index,
                )

    def _order(self, entry: AuditedEntry, known: _Known, step: ReferralStep, side: ReferralSide) -> None:
        body = entry.body
        assert isinstance(body, ReferralBody)
        assert body.number is not None
        earlier = known.digests.setdefault((side.value, body.number), body.message_sha256)
        if earlier != body.message_sha256:
            self._fail(entry, "referral_step_twice", "dice dos cosas en un mismo paso", "says two things in one step")
        if MOVES[step].by is not side:
            self._fail(entry, "referral_step_side", "tiene un paso de quien no debía", "has a step of the wrong side")
        elif side is _SIDES[body.direction]:
            known.own_steps += 1
            if not self.lost and (body.number != known.own_steps or not allows(step, side, known.state)):
                self._fail(
                    entry,
                    "referral_step_not_allowed",
                    f"estaba «{known.state or 'sin enviar'}» y no admitía «{step}»",
                    f"was {known.state or 'not sent'} and did not allow {step}",
                )

    def _outcome(self, entry: AuditedEntry, known: _Known, step: ReferralStep, state: ReferralState) -> None:
        if not self.lost and join(known.state, MOVES[step].after) is not state:
            self._fail(
                entry, "referral_state", f"no queda «{state}» tras «{step}»", f"does not become {state} after {step}"
            )
        known.state = state

    def _fail(self, entry: AuditedEntry, code: str, es: str, en: str) -> None:
        body = entry.body
        assert isinstance(body, ReferralBody)
        referral = body.referral_id
        self._check.fail(code, f"La derivación {referral} {es}.", f"Referral {referral} {en}.", index=entry.index)


def rests_on(body: ReferralBody, *, person: str, purposes: Iterable[str], recipients: Iterable[str]) -> bool:
    """Tell whether a consent of that person, purposes and recipients is one that a referral may rest on."""
    return PURPOSE in purposes and body.peer in recipients and body.person_ref == person


class StepCollector:
    """Gathers the steps of a ledger that another ledger should hold too. Feed it every entry."""

    def __init__(self) -> None:
        self.steps: dict[StepKey, HeldStep] = {}

    def __call__(self, entry: AuditedEntry) -> None:
        """Take one entry into account."""
        body = entry.body
        if isinstance(body, ReferralBody) and body.message_sha256 and body.taken_by and body.number:
            key = (body.referral_id, body.taken_by, body.number)
            self.steps[key] = HeldStep(body.peer, body.message_sha256, entry.index)


def compare_counterpart(
    report: AuditReport, own: Mapping[StepKey, HeldStep], other: AuditReport, theirs: Mapping[StepKey, HeldStep]
) -> None:
    """Check 17: hold the referrals of two verified ledgers against each other.

    A step that only one has may still be on its way; two different ones cannot both be true.
    """
    check = report.check("counterparts")
    us, them = _entity(report.origin), _entity(other.origin)
    if not other.passed:
        check.fail(
            "counterpart_unverified",
            f"El registro de {them} no supera sus propias comprobaciones.",
            f"The ledger of {them} does not pass its own checks.",
        )
    for key, held in own.items():
        if held.peer != them:
            continue
        check.examined += 1
        found = theirs.get(key)
        if found is None:
            _only_one(report, key, own, theirs, missing_at=them)
        elif found.message_sha256 != held.message_sha256:
            check.fail(
                "step_differs",
                f"El paso {key[2]} ({key[1]}) de la derivación {key[0]} no es el mismo en {them}.",
                f"Step {key[2]} ({key[1]}) of referral {key[0]} is not the same at {them}.",
                index=held.index,
            )
    for key in [key for key, held in theirs.items() if held.peer == us and key not in own]:
        check.examined += 1
        _only_one(report, key, theirs, own, missing_at=us)


def _taken_back(key: StepKey, sender: Mapping[StepKey, HeldStep], receiver: Mapping[StepKey, HeldStep]) -> bool:
    """Tell whether an offer is missing at its receiver because its sender took it back before it was delivered.

    The receiver then holds the sender's next step, which can only be a revocation or a lapse, and took none itself.
    """
    referral, by, number = key
    if (by, number) != (ReferralSide.SENDER.value, 1):
        return False
    next_step, first_answer = (referral, by, 2), (referral, ReferralSide.RECEIVER.value, 1)
    return next_step in receiver and first_answer not in sender and first_answer not in receiver


def _only_one(
    report: AuditReport,
    key: StepKey,
    holding: Mapping[StepKey, HeldStep],
    lacking: Mapping[StepKey, HeldStep],
    *,
    missing_at: str,
) -> None:
    if _taken_back(key, holding, lacking):
        return
    report.check("counterparts").warn(
        "step_at_one_side",
        f"El paso {key[2]} ({key[1]}) de la derivación {key[0]} no consta en {missing_at}: puede estar en camino.",
        f"Step {key[2]} ({key[1]}) of referral {key[0]} is not at {missing_at}: it may be on its way.",
        index=holding[key].index if missing_at != _entity(report.origin) else None,
    )


def _entity(origin: str) -> str:
    return origin.rpartition("/entity/")[2]
