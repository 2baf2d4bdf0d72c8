"""Referrals in an audit: each step allowed by the table, numbered, under a consent, the same at both entities.

Checks 16 and 17. The table is `policies.referrals.MOVES`; steps that crossed are judged by the rule that the nodes use.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from typing_extensions import override

from consent_ledger.audit.feature import AuditRun, Feature, FeatureChecks, Reader
from consent_ledger.audit.features.assurance import AssuranceChecks
from consent_ledger.audit.features.consents import ConsentHistory
from consent_ledger.audit.report import AuditReport, NumberedCheck
from consent_ledger.audit.story import RowSection
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.audit.words import Glossary
from consent_ledger.log.bodies import ReferralBody
from consent_ledger.log.entry import Body, EntryType
from policies.referrals import (
    MOVES,
    OPEN,
    PURPOSE,
    ReferralSide,
    ReferralState,
    ReferralStep,
    WordList,
    allows,
    join,
    load_referral_words,
)
from presentation.messages import Message, _

StepKey = tuple[str, str, int]
"""Referral, side that took the step, its number."""

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


class StepChecks(FeatureChecks):
    """Replays the steps of every referral, under a consent that opened something for it. Check 16."""

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._check = self.report.check("referrals")
        self._history = run.part(ConsentHistory)
        self._assurance = run.part(AssuranceChecks)
        self._known: dict[str, _Known] = {}
        self._bodies_lost = False  # the steps before a step are not known then

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ReferralBody: self._step}

    @override
    def lost(self, entry: AuditedEntry) -> None:
        self._bodies_lost |= entry.leaf.type is EntryType.REFERRAL

    @override
    def finish(self) -> None:
        """Report referrals that go on although their consent was withdrawn, or declined by a professional."""
        ended = {consent_id for consent_id, _consent in self._history.withdrawn()}
        for referral, known in self._known.items():
            if known.direction == "sent" and known.state in OPEN and known.consent_id in ended:
                self._check.fail(
                    "referral_after_withdrawal",
                    _(
                        "La derivación {referral} sigue abierta tras la retirada de su consentimiento.",
                        referral=referral,
                    ),
                    index=known.index,
                )
            elif known.direction == "sent" and known.state in OPEN and self._assurance.declined(known.consent_id or ""):
                # A warning: nodes of before left such a referral open.
                self._check.warn(
                    "referral_after_decline",
                    _("La derivación {referral} sigue abierta y su consentimiento no se confirmó.", referral=referral),
                    index=known.index,
                )

    def _step(self, entry: AuditedEntry, body: ReferralBody) -> None:
        if body.step is None or body.number is None or body.taken_by is None:
            return  # written before steps were, or about no step: it only links a person
        self._check.examined += 1
        known = self._known.get(body.referral_id)
        if known is None:
            known = _Known(body.direction, body.peer, body.consent_id, entry.index)
            self._known[body.referral_id] = known
        known.consent_id, known.index = body.consent_id or known.consent_id, entry.index
        if (known.direction, known.peer) != (body.direction, body.peer):
            self._fail(
                entry,
                "referral_parties",
                _("La derivación {referral} cambia de entidad o de sentido.", referral=body.referral_id),
            )
        try:
            step, state, side = ReferralStep(body.step), ReferralState(body.state), ReferralSide(body.taken_by)
        except ValueError:
            self._fail(
                entry,
                "referral_step_unknown",
                _("La derivación {referral} tiene un paso desconocido.", referral=body.referral_id),
            )
            return
        self._order(entry, body, known, (step, side))
        self._outcome(entry, body, known, (step, state))
        own = step is ReferralStep.SEND and side is _SIDES[body.direction]
        if own and self._under_consent(body, entry.leaf.time) is False:
            self._fail(
                entry,
                "referral_without_consent",
                _(
                    "La derivación {referral} se envió sin consentimiento vigente que la ampare.",
                    referral=body.referral_id,
                ),
            )

    def _order(
        self, entry: AuditedEntry, body: ReferralBody, known: _Known, taken: tuple[ReferralStep, ReferralSide]
    ) -> None:
        (step, side), number, referral = taken, body.number or 0, body.referral_id
        earlier = known.digests.setdefault((side.value, number), body.message_sha256)
        if earlier != body.message_sha256:
            message = _("La derivación {referral} tiene dos contenidos en un mismo paso.", referral=referral)
            self._fail(entry, "referral_step_twice", message)
        if MOVES[step].by is not side:
            message = _("La derivación {referral} tiene un paso de la parte que no debía.", referral=referral)
            self._fail(entry, "referral_step_side", message)
        elif side is _SIDES[body.direction]:
            known.own_steps += 1
            if not self._bodies_lost and (number != known.own_steps or not allows(step, side, known.state)):
                message = _(
                    "La derivación {referral} estaba «{state}» y no admitía el paso «{step}».",
                    referral=referral,
                    state=_state_name(known.state),
                    step=_state_name(MOVES[step].after),
                )
                self._fail(entry, "referral_step_not_allowed", message)

    def _outcome(
        self, entry: AuditedEntry, body: ReferralBody, known: _Known, taken: tuple[ReferralStep, ReferralState]
    ) -> None:
        step, state = taken
        if not self._bodies_lost and join(known.state, MOVES[step].after) is not state:
            message = _(
                "La derivación {referral} no queda «{state}» tras el paso «{step}».",
                referral=body.referral_id,
                state=_state_name(state),
                step=_state_name(MOVES[step].after),
            )
            self._fail(entry, "referral_state", message)
        known.state = state

    def _under_consent(self, body: ReferralBody, time: datetime) -> bool | None:
        """Return whether a live consent covers a referral; None when it was erased, or does not state its order."""
        known = self._history.get(body.consent_id or "")
        if known is None:
            return None if self._history.bodies_lost else False
        terms = known.terms
        if not known.live(time) or not covers_referral(
            body, person=terms.person_ref, purposes=terms.purposes, recipients=terms.recipients
        ):
            return False
        left = terms.fields - self._history.denied(known, PURPOSE, body.peer)
        opened = self._assurance.opened(terms.consent_id, PURPOSE, body.peer)
        if opened is not None and not opened & terms.fields:
            return False
        left = left if opened is None else left & opened
        return bool(left) if known.states_its_order or left else None

    def _fail(self, entry: AuditedEntry, code: str, message: Message) -> None:
        self._check.fail(code, message, index=entry.index)


def covers_referral(body: ReferralBody, *, person: str, purposes: Iterable[str], recipients: Iterable[str]) -> bool:
    """Return whether a consent of that person, purposes and recipients covers a referral."""
    return PURPOSE in purposes and body.peer in recipients and body.person_ref == person


def _state_name(state: ReferralState | None) -> Message:
    if state is None:
        return _("sin enviar")
    return load_referral_words().lists[WordList.STATES][state.value].title


class CounterpartChecks(FeatureChecks):
    """Compares the steps of referrals with those of verified ledgers of other entities. Check 17.

    A step that only one ledger has may still be on its way; two different ones cannot both be true.
    """

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._check = self.report.check("counterparts")
        self._steps: dict[StepKey, HeldStep] = {}

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ReferralBody: self._step}

    @override
    def compare(self, other: AuditReport, theirs: Self) -> None:
        us, them = _entity(self.report.origin), _entity(other.origin)
        if not other.passed:
            self._check.fail(
                "counterpart_unverified",
                _("El registro de {entity} no supera sus propias comprobaciones.", entity=them),
            )
        for key, held in self._steps.items():
            if held.peer == them:
                self._compare_step(key, held, theirs, them)
        for key in [key for key, held in theirs._steps.items() if held.peer == us and key not in self._steps]:
            self._check.examined += 1
            if not _taken_back(key, theirs._steps, self._steps):
                self._only_one(key, None, missing_at=us)

    def _compare_step(self, key: StepKey, held: HeldStep, theirs: Self, them: str) -> None:
        self._check.examined += 1
        found = theirs._steps.get(key)
        if found is None:
            if not _taken_back(key, self._steps, theirs._steps):
                self._only_one(key, held.index, missing_at=them)
        elif found.message_sha256 != held.message_sha256:
            self._check.fail(
                "step_differs",
                _(
                    "El paso {number} ({side}) de la derivación {referral} no es el mismo en {entity}.",
                    number=key[2],
                    side=_side_name(key[1]),
                    referral=key[0],
                    entity=them,
                ),
                index=held.index,
            )

    def _only_one(self, key: StepKey, index: int | None, *, missing_at: str) -> None:
        self._check.warn(
            "step_at_one_side",
            _(
                "El paso {number} ({side}) de la derivación {referral} no consta en {entity}: puede estar en camino.",
                number=key[2],
                side=_side_name(key[1]),
                referral=key[0],
                entity=missing_at,
            ),
            index=index,
        )

    def _step(self, entry: AuditedEntry, body: ReferralBody) -> None:
        if body.message_sha256 and body.taken_by and body.number:
            key = (body.referral_id, body.taken_by, body.number)
            self._steps[key] = HeldStep(body.peer, body.message_sha256, entry.index)


def _taken_back(key: StepKey, sender: Mapping[StepKey, HeldStep], receiver: Mapping[StepKey, HeldStep]) -> bool:
    """Return whether an offer is missing at its receiver because its sender took it back before it was delivered.

    The receiver then holds the sender's next step, which can only be a revocation or a lapse, and took none itself.
    """
    referral, by, number = key
    if (by, number) != (ReferralSide.SENDER.value, 1):
        return False
    next_step, first_answer = (referral, by, 2), (referral, ReferralSide.RECEIVER.value, 1)
    return next_step in receiver and first_answer not in sender and first_answer not in receiver


def _side_name(side: str) -> Message:
    return _("de quien deriva") if side == ReferralSide.SENDER else _("de quien recibe")


def _entity(origin: str) -> str:
    return origin.rpartition("/entity/")[2]


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step of a referral in words.

    Attributes:
        index: of the entry.
        time: of the entry.
        body: of the entry.
        service: the name of the service, ``-`` where none is stated.
        step: the name of the step.
        reason: the reason or result that the step states, empty where there is none.
        side: the side that took the step, empty where it is not recorded.
        state: the name of the state after the step, at this entity.
    """

    index: int
    time: datetime
    body: ReferralBody
    service: str
    step: str
    reason: str
    side: str
    state: str


class ReferralSection(RowSection):
    """Each step of each referral: the side that took it, and the state at this entity after it."""

    template = "audit/referrals.html"
    counted = EntryType.REFERRAL

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ReferralBody: self.add}

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        context = super().context(glossary)
        rows = [_step_row(row.index, row.time, row.body, glossary) for row in reversed(self.rows)]
        return context | {"rows": rows}


def _step_row(index: int, time: datetime, body: ReferralBody, glossary: Glossary) -> StepRow:
    step, reason = body.step or "-", ""
    if body.step in set(ReferralStep):
        move = MOVES[ReferralStep(body.step)]
        step = glossary.coded(WordList.STATES, move.after.value)
        reason = glossary.coded(move.codes, body.reason) if move.codes and body.reason else ""
    side = glossary.say(_side_name(body.taken_by)) if body.taken_by else ""
    service, state = glossary.coded(WordList.SERVICES, body.service), glossary.coded(WordList.STATES, body.state)
    return StepRow(index, time, body, service, step, reason, side, state)


REFERRALS: Final = Feature(
    names={EntryType.REFERRAL: _("Pasos de derivaciones")},
    numbered=(
        NumberedCheck(16, "referrals", _("Las derivaciones avanzan como está permitido y con consentimiento")),
        NumberedCheck(17, "counterparts", _("Los pasos de las derivaciones constan igual en la otra entidad")),
    ),
    checks=(StepChecks, CounterpartChecks),
    sections=(ReferralSection,),
)
