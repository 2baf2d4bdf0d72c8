"""Withdrawals in an audit: acknowledged by every recipient of data. Check 11, and the time that each took."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from typing_extensions import override

from consent_ledger.audit.feature import AuditRun, Feature, FeatureChecks, Reader
from consent_ledger.audit.features.consents import ConsentHistory
from consent_ledger.audit.report import NumberedCheck
from consent_ledger.audit.story import Section, Story, left_out
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.audit.words import Glossary
from consent_ledger.log.bodies import ReleaseBody, WithdrawalAcknowledgedBody, WithdrawalBody
from consent_ledger.log.entry import Body, EntryType
from presentation.messages import _, listing


class AcknowledgementChecks(FeatureChecks):
    """Lists withdrawals that a recipient of data has not acknowledged. Check 11."""

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._history = run.part(ConsentHistory)

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {WithdrawalAcknowledgedBody: self._acknowledged}

    @override
    def finish(self) -> None:
        check = self.report.check("acknowledgements")
        for consent_id, consent in self._history.withdrawn():
            check.examined += 1
            waiting = sorted(consent.released_to - consent.acknowledged_by)
            if waiting:
                check.warn(
                    "withdrawal_open",
                    _(
                        "Retirada del consentimiento {consent} pendiente de acuse de: {names}.",
                        consent=consent_id,
                        names=listing(waiting),
                    ),
                    index=consent.ended_at,
                )

    def _acknowledged(self, _entry: AuditedEntry, body: WithdrawalAcknowledgedBody) -> None:
        known = self._history.get(body.consent_id)
        if known is not None:
            self._history.acknowledged(known, body.entity)


@dataclass(slots=True)
class AuditedWithdrawal:
    """A withdrawal, the recipients of data under it, and the times of their acknowledgements."""

    index: int
    time: datetime
    consent_id: str
    person_ref: str
    recipients: frozenset[str]
    acknowledged: dict[str, datetime] = field(default_factory=dict)

    @property
    def waiting(self) -> tuple[str, ...]:
        """Recipients of data that have not acknowledged it."""
        return tuple(sorted(self.recipients - self.acknowledged.keys()))


class WithdrawalSection(Section):
    """Each withdrawal and the time that every recipient took to acknowledge it.

    Withdrawals that somebody still has to acknowledge are never dropped.
    """

    template = "audit/withdrawals.html"

    def __init__(self, story: Story) -> None:
        super().__init__(story)
        self.by_consent: dict[str, AuditedWithdrawal] = {}
        self._released_to: dict[str, frozenset[str]] = {}

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {
            ReleaseBody: self._release,
            WithdrawalBody: self._withdrawal,
            WithdrawalAcknowledgedBody: self._acknowledged,
        }

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        newest = sorted(self.by_consent.values(), key=lambda withdrawal: -withdrawal.index)
        total = self.story.by_type[EntryType.CONSENT_WITHDRAWN.value]
        return {
            "rows": newest,
            "left_out": left_out(len(newest), total, glossary.say, self.story.max_rows),
            "last": self.story.last,
        }

    def _release(self, _entry: AuditedEntry, body: ReleaseBody) -> None:
        for consent in body.consents:
            known = self._released_to.get(consent, frozenset())
            if body.recipient not in known:
                self._released_to[consent] = known | {body.recipient}

    def _withdrawal(self, entry: AuditedEntry, body: WithdrawalBody) -> None:
        recipients = self._released_to.get(body.consent_id, frozenset())
        withdrawal = AuditedWithdrawal(entry.index, entry.leaf.time, body.consent_id, body.person_ref, recipients)
        self.by_consent[body.consent_id] = withdrawal
        if len(self.by_consent) > 2 * self.story.max_rows:
            self._drop_settled()

    def _acknowledged(self, entry: AuditedEntry, body: WithdrawalAcknowledgedBody) -> None:
        known = self.by_consent.get(body.consent_id)
        if known is not None:
            known.acknowledged.setdefault(body.entity, entry.leaf.time)

    def _drop_settled(self) -> None:
        settled = [consent for consent, withdrawal in self.by_consent.items() if not withdrawal.waiting]
        for consent in settled[: -self.story.max_rows]:
            del self.by_consent[consent]


WITHDRAWALS: Final = Feature(
    names={
        EntryType.WITHDRAWAL_ACKNOWLEDGED: _("Acuses de retirada"),
        EntryType.WITHDRAWAL_RECEIVED: _("Retiradas comunicadas por otras entidades"),
    },
    numbered=(NumberedCheck(11, "acknowledgements", _("Cada destinatario acusó recibo de la retirada")),),
    checks=(AcknowledgementChecks,),
    sections=(WithdrawalSection,),
)
