"""The other half of an audit: that what the entries say was allowed. Checks 7 to 12, and 16.

Order is the order of the log, not of the clocks. A check that needs an erased body is not made, and says so.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from consent_ledger.audit.referrals import ReferralAudit, rests_on
from consent_ledger.audit.report import AuditReport, ErasureNote
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.consents.model import TRANSITIONS, VALID_FOR_PROCESSING, ConsentState
from consent_ledger.log.bodies import (
    ConsentBody,
    ErasureBody,
    ExpiryBody,
    ReferralBody,
    ReleaseBody,
    TrainingContributedBody,
    TrainingDecisionBody,
    WithdrawalAcknowledgedBody,
    WithdrawalBody,
)
from consent_ledger.log.entry import Body, EntryType

if TYPE_CHECKING:
    from collections.abc import Callable

_STATE_AFTER = {kind: state for state, kind in TRANSITIONS.values()}
_STATES_BEFORE = {
    kind: {before for (before, _), (_, entry) in TRANSITIONS.items() if entry is kind} for kind in _STATE_AFTER
}


_NOBODY: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Consent:
    """What later entries are held against. A ledger has a great many: the rest of the record is let go."""

    state: ConsentState
    record: "_Terms"
    released_to: frozenset[str] = _NOBODY
    acknowledged_by: frozenset[str] = _NOBODY
    ended_at: int = 0


@dataclass(frozen=True, slots=True)
class _Terms:
    consent_id: str
    person_ref: str
    fields: frozenset[str]
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime


_Kept = TypeVar("_Kept")


class MeaningAudit:
    """Replays the entries. Feed every entry to `entry`, in order, then call `finish`."""

    def __init__(self, report: AuditReport) -> None:
        self._report = report
        self._releases, self._withdrawals = report.check("releases"), report.check("withdrawals")
        self._consents: dict[str, _Consent] = {}
        self._kept: dict[Any, Any] = {}  # one copy of each set of fields, purposes, recipients
        self._referrals = ReferralAudit(report, self._rests)
        self._readers: dict[type[Body], Callable[[AuditedEntry], None]] = {
            ConsentBody: self._consent,
            WithdrawalBody: self._end,
            ExpiryBody: self._end,
            ReleaseBody: self._release,
            WithdrawalAcknowledgedBody: self._acknowledged,
            TrainingDecisionBody: self._decision,
            TrainingContributedBody: self._contribution,
            ErasureBody: self._erasure,
            ReferralBody: self._referrals.entry,
        }
        self._missing: set[int] = set()
        self._consent_bodies_lost = False
        self._approved: dict[str, bool] = {}
        self._training_bodies_lost = False

    def entry(self, entry: AuditedEntry) -> None:
        """Take one entry into account."""
        if entry.body is None:
            self._lost(entry)
            return
        reader = self._readers.get(type(entry.body))
        if reader is not None:
            reader(entry)

    def finish(self) -> None:
        """Report what only the end can tell: bodies missing without erasure, withdrawals nobody acknowledged."""
        check = self._report.check("erasures")
        for index in sorted(self._missing):
            check.fail(
                "body_missing",
                "Falta el contenido y no consta su borrado.",
                "The content is missing and no erasure entry names it.",
                index=index,
            )
        withdrawn = (name for name, consent in self._consents.items() if consent.state is ConsentState.WITHDRAWN)
        self._referrals.finish(withdrawn)
        open_withdrawals = self._report.check("acknowledgements")
        for consent_id, consent in self._consents.items():
            if consent.state is not ConsentState.WITHDRAWN:
                continue
            open_withdrawals.examined += 1
            waiting = sorted(consent.released_to - consent.acknowledged_by)
            if waiting:
                names = ", ".join(waiting)
                open_withdrawals.warn(
                    "withdrawal_open",
                    f"Retirada del consentimiento {consent_id} pendiente de acuse de: {names}.",
                    f"Withdrawal of consent {consent_id} not yet acknowledged by: {names}.",
                    index=consent.ended_at,
                )

    def _lost(self, entry: AuditedEntry) -> None:
        self._missing.add(entry.index)
        kind = entry.leaf.type
        self._consent_bodies_lost |= kind in _STATE_AFTER
        self._referrals.lost |= kind is EntryType.REFERRAL
        self._training_bodies_lost |= kind in TrainingDecisionBody.entry_types

    def _erasure(self, entry: AuditedEntry) -> None:
        assert isinstance(entry.body, ErasureBody)
        check, body = self._report.check("erasures"), entry.body
        note = ErasureNote(entry.index, entry.leaf.time, body.basis, body.rule, len(body.indexes))
        self._report.erasures.append(note)
        for index in entry.body.indexes:
            check.examined += 1
            if index >= entry.index:
                check.fail(
                    "erasure_ahead",
                    "El borrado nombra una anotación posterior.",
                    "The erasure names a later entry.",
                    index=entry.index,
                )
            elif index in self._missing:
                self._missing.discard(index)
                self._report.erased += 1
            else:
                check.warn(
                    "erasure_undone",
                    f"Consta el borrado de {index}, pero su contenido sigue ahí o no se pudo leer.",
                    f"Entry {index} was erased, but its content is still there or did not read.",
                    index=entry.index,
                )

    def _consent(self, entry: AuditedEntry) -> None:
        assert isinstance(entry.body, ConsentBody)
        known = self._consents.get(entry.body.consent_id)
        if self._allowed(entry, known, entry.body.consent_id):
            state = _STATE_AFTER[entry.leaf.type]
            record = self._terms(entry.body)
            if known is None:
                self._consents[record.consent_id] = _Consent(state, record)
            else:
                known.state, known.record = state, record

    def _terms(self, body: ConsentBody) -> _Terms:
        return _Terms(
            body.consent_id,
            body.person_ref,
            self._one(frozenset(body.fields)),
            self._one(body.purposes),
            self._one(body.recipients),
            body.valid_from,
            body.valid_until,
        )

    def _one(self, value: _Kept) -> _Kept:
        """Return the one kept copy of a value that many consents have in common."""
        kept: _Kept = self._kept.setdefault(value, value)
        return kept

    def _end(self, entry: AuditedEntry) -> None:
        assert isinstance(entry.body, (WithdrawalBody, ExpiryBody))
        known = self._consents.get(entry.body.consent_id)
        if self._allowed(entry, known, entry.body.consent_id) and known is not None:
            known.state, known.ended_at = _STATE_AFTER[entry.leaf.type], entry.index

    def _allowed(self, entry: AuditedEntry, known: _Consent | None, consent_id: str) -> bool:
        check = self._report.check("consents")
        if known is None and self._consent_bodies_lost and None not in _STATES_BEFORE[entry.leaf.type]:
            return False  # its beginning may be among the erased bodies
        check.examined += 1
        before = known.state if known else None
        if before in _STATES_BEFORE[entry.leaf.type]:
            return True
        check.fail(
            "transition",
            f"El consentimiento {consent_id} estaba «{before or 'sin dar'}» y no admite {entry.leaf.type}.",
            f"Consent {consent_id} was {before or 'not given'} and does not allow {entry.leaf.type}.",
            index=entry.index,
        )
        return False

    def _release(self, entry: AuditedEntry) -> None:
        body = entry.body
        assert isinstance(body, ReleaseBody)
        named = [self._consents.get(consent_id) for consent_id in body.consents]
        consents = [consent for consent in named if consent is not None]
        if len(consents) < len(named) and self._consent_bodies_lost:
            self._releases.warn(
                "release_unverifiable",
                f"No se puede comprobar la cesión a {body.recipient}: el contenido del consentimiento se borró.",
                f"The release to {body.recipient} cannot be checked: the consent's content was erased.",
                index=entry.index,
            )
            return
        self._releases.examined += 1
        self._withdrawals.examined += 1
        covering: list[frozenset[str]] = []
        for consent in consents:
            if body.recipient not in consent.released_to:
                consent.released_to = self._one(consent.released_to | {body.recipient})
            if self._covers(entry, body, consent):
                covering.append(consent.record.fields)
        missing = set(body.fields).difference(*covering)
        if missing:
            names = ", ".join(sorted(missing))
            self._releases.fail(
                "release_uncovered",
                f"Se cedió a {body.recipient} sin consentimiento vigente: {names}.",
                f"Released to {body.recipient} without a live consent: {names}.",
                index=entry.index,
            )

    def _covers(self, entry: AuditedEntry, body: ReleaseBody, consent: _Consent) -> bool:
        record = consent.record
        if consent.state not in VALID_FOR_PROCESSING or entry.leaf.time >= record.valid_until:
            self._withdrawals.fail(
                "release_after_end",
                f"Se cedió a {body.recipient} cuando el consentimiento {record.consent_id} ya no valía.",
                f"Released to {body.recipient} when consent {record.consent_id} was no longer valid.",
                index=entry.index,
            )
            return False
        return (
            entry.leaf.time >= record.valid_from
            and body.purpose in record.purposes
            and body.recipient in record.recipients
            and body.person_ref == record.person_ref
        )

    def _rests(self, body: ReferralBody, time: datetime) -> bool | None:
        known = self._consents.get(body.consent_id or "")
        if known is None:
            return None if self._consent_bodies_lost else False
        terms = known.record
        live = known.state in VALID_FOR_PROCESSING and terms.valid_from <= time < terms.valid_until
        return live and rests_on(body, person=terms.person_ref, purposes=terms.purposes, recipients=terms.recipients)

    def _acknowledged(self, entry: AuditedEntry) -> None:
        assert isinstance(entry.body, WithdrawalAcknowledgedBody)
        known = self._consents.get(entry.body.consent_id)
        if known is not None:
            known.acknowledged_by = self._one(known.acknowledged_by | {entry.body.entity})

    def _decision(self, entry: AuditedEntry) -> None:
        assert isinstance(entry.body, TrainingDecisionBody)
        self._approved[entry.body.manifest_sha256] = entry.leaf.type is EntryType.TRAINING_APPROVED

    def _contribution(self, entry: AuditedEntry) -> None:
        assert isinstance(entry.body, TrainingContributedBody)
        if entry.body.manifest_sha256 not in self._approved and self._training_bodies_lost:
            return
        check = self._report.check("training")
        check.examined += 1
        if not self._approved.get(entry.body.manifest_sha256):
            check.fail(
                "training_unapproved",
                f"Se contribuyó al entrenamiento {entry.body.campaign_id} sin aprobación.",
                f"Contributed to training {entry.body.campaign_id} without approval.",
                index=entry.index,
            )
