"""Private training in an audit: only approved campaigns, an honest privacy budget. Checks 12 and 14."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from consent_ledger.audit.feature import AuditRun, Feature, FeatureChecks, Reader
from consent_ledger.audit.report import NumberedCheck
from consent_ledger.audit.story import Row, Rows, Section, Story, left_out
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.audit.words import Glossary
from consent_ledger.log.bodies import TrainingContributedBody, TrainingDecisionBody
from consent_ledger.log.entry import Body, EntryType
from presentation import charts
from presentation.messages import _

if TYPE_CHECKING:
    from datetime import datetime

_MARGIN: Final = Decimal("1.05")
"""The ratio by which accountants of different versions may differ."""


class ApprovalChecks(FeatureChecks):
    """Looks for contributions to campaigns that the entity had not approved. Check 12."""

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._check = self.report.check("training")
        self._approved: dict[str, bool] = {}
        self._bodies_lost = False

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {TrainingDecisionBody: self._decision, TrainingContributedBody: self._contribution}

    @override
    def lost(self, entry: AuditedEntry) -> None:
        self._bodies_lost |= entry.leaf.type in TrainingDecisionBody.entry_types

    def _decision(self, entry: AuditedEntry, body: TrainingDecisionBody) -> None:
        self._approved[body.manifest_sha256] = entry.leaf.type is EntryType.TRAINING_APPROVED

    def _contribution(self, entry: AuditedEntry, body: TrainingContributedBody) -> None:
        if body.manifest_sha256 not in self._approved and self._bodies_lost:
            return
        self._check.examined += 1
        if not self._approved.get(body.manifest_sha256):
            self._check.fail(
                "training_unapproved",
                _("Se contribuyó al entrenamiento {campaign} sin aprobación.", campaign=body.campaign_id),
                index=entry.index,
            )


class BudgetChecks(FeatureChecks):
    """Follows the privacy spent entry by entry. Check 14."""

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._check = self.report.check("budget")
        self._spent: dict[str, Decimal] = {}
        self._allowed = Decimal(0)
        self._rounds: dict[tuple[str, int], str] = {}
        self._decisions_lost = False

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {TrainingDecisionBody: self._decision, TrainingContributedBody: self._contribution}

    @override
    def lost(self, entry: AuditedEntry) -> None:
        self._decisions_lost |= entry.leaf.type is EntryType.TRAINING_APPROVED

    def _decision(self, entry: AuditedEntry, body: TrainingDecisionBody) -> None:
        if entry.leaf.type is EntryType.TRAINING_APPROVED and body.epsilon is not None:
            self._allowed += Decimal(body.epsilon)

    def _contribution(self, entry: AuditedEntry, body: TrainingContributedBody) -> None:
        self._check.examined += 1
        spent = Decimal(body.epsilon_after)
        if spent < self._spent.get(body.data_set, Decimal(0)):
            self._check.fail(
                "epsilon_decreased",
                _("El gasto de privacidad de «{data_set}» retrocede a {spent}.", data_set=body.data_set, spent=spent),
                index=entry.index,
            )
        self._spent[body.data_set] = spent
        if not self._decisions_lost and spent > self._allowed * _MARGIN > 0:
            self._check.warn(
                "epsilon_above_approved",
                _(
                    "El gasto de privacidad de «{data_set}» ({spent}) pasa de lo aprobado ({allowed}).",
                    data_set=body.data_set,
                    spent=spent,
                    allowed=self._allowed,
                ),
                index=entry.index,
            )
        earlier = self._rounds.setdefault((body.manifest_sha256, body.round), body.contribution_sha256)
        if earlier != body.contribution_sha256:
            # Two answers to one round would let their noise be averaged away.
            self._check.fail(
                "round_twice",
                _(
                    "La ronda {round} del entrenamiento {campaign} se contestó con dos contenidos distintos.",
                    round=body.round,
                    campaign=body.campaign_id,
                ),
                index=entry.index,
            )


class TrainingSection(Section):
    """Decisions and contributions, with the privacy budget that they spent."""

    template = "audit/training.html"

    def __init__(self, story: Story) -> None:
        super().__init__(story)
        self._decisions: Rows = story.rows()
        self._contributions: Rows = story.rows()

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {
            TrainingDecisionBody: lambda entry, body: self._decisions.append(Row.of(entry, body)),
            TrainingContributedBody: lambda entry, body: self._contributions.append(Row.of(entry, body)),
        }

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        by_type, say = self.story.by_type, glossary.say
        title = say("Épsilon gastado")
        decided = sum(by_type[kind.value] for kind in TrainingDecisionBody.entry_types)
        contributed = by_type[EntryType.TRAINING_CONTRIBUTED.value]
        spent: dict[str, list[tuple[datetime, float]]] = {}
        for row in self._contributions:
            spent.setdefault(row.body.data_set, []).append((row.time, float(row.body.epsilon_after)))
        return {
            "decisions": list(reversed(self._decisions)),
            "decisions_left_out": left_out(len(self._decisions), decided, say, self.story.max_rows),
            "contributions": list(reversed(self._contributions)),
            "contributions_left_out": left_out(len(self._contributions), contributed, say, self.story.max_rows),
            "epsilon_chart": charts.figure(charts.steps(title, spent, glossary.lang), title),
            "names": {kind.value: say(name) for kind, name in TRAINING.names.items()},
        }


TRAINING: Final = Feature(
    names={
        EntryType.TRAINING_APPROVED: _("Entrenamientos aprobados"),
        EntryType.TRAINING_REFUSED: _("Entrenamientos rechazados"),
        EntryType.TRAINING_WITHDRAWN: _("Aprobaciones de entrenamientos retiradas"),
        EntryType.TRAINING_CONTRIBUTED: _("Contribuciones a entrenamientos"),
    },
    numbered=(
        NumberedCheck(12, "training", _("Solo se contribuyó a entrenamientos aprobados")),
        NumberedCheck(14, "budget", _("El gasto de privacidad es el que se aprobó")),
    ),
    checks=(ApprovalChecks, BudgetChecks),
    sections=(TrainingSection,),
)
