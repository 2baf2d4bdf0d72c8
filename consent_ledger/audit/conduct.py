"""What an audit asks beyond the log's own logic: complete records, an honest privacy budget. Checks 13 and 14."""

from decimal import Decimal

from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.log.bodies import (
    EXPLICIT_CONSENT_BASIS,
    Actor,
    ConsentBody,
    ReleaseBody,
    TrainingContributedBody,
    TrainingDecisionBody,
)
from consent_ledger.log.entry import EntryType
from policies.catalogue import load_catalogue
from policies.notices import load_notices

_MARGIN = Decimal("1.05")
"""What accountants of different versions may differ by."""


class ConductAudit:
    """Feed every entry to `entry`, in order."""

    def __init__(self, report: AuditReport) -> None:
        self._report = report
        self._records, self._budget = report.check("records"), report.check("budget")
        self._notices = {notice.sha256 for notice in load_notices().notices}
        self._unknown_notices: set[str] = set()
        self._never_shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._spent: dict[str, Decimal] = {}
        self._allowed = Decimal(0)
        self._rounds: dict[tuple[str, int], str] = {}
        self._decisions_lost = False

    def entry(self, entry: AuditedEntry) -> None:
        """Take one entry into account."""
        body = entry.body
        if isinstance(body, ConsentBody):
            self._consent(entry.index, body)
        elif isinstance(body, ReleaseBody):
            self._fields(entry.index, body.fields)
        elif isinstance(body, TrainingDecisionBody):
            self._decision(entry.leaf.type, body)
        elif isinstance(body, TrainingContributedBody):
            self._contribution(entry.index, body)
        elif body is None and entry.leaf.type is EntryType.TRAINING_APPROVED:
            self._decisions_lost = True

    def _consent(self, index: int, body: ConsentBody) -> None:
        self._records.examined += 1
        self._fields(index, body.fields)
        if not self._report.origin.endswith(f"/entity/{body.controller}"):
            self._records.fail(
                "controller",
                f"El consentimiento dice que lo recogió {body.controller}, que no es la entidad del registro.",
                f"The consent says that {body.controller} recorded it, which is not the ledger's entity.",
                index=index,
            )
        if (body.acted_by is Actor.GUARDIAN) != (body.guardian is not None):
            self._records.fail(
                "guardian",
                "No consta quién actuó en nombre de la persona.",
                "Who acted for the person is not on record.",
                index=index,
            )
        if body.special_fields and body.lawful_basis != EXPLICIT_CONSENT_BASIS:
            self._records.fail(
                "explicit_basis",
                "Trata categorías especiales de datos sin consentimiento explícito (RGPD art. 9.2.a).",
                "It covers special categories of data without explicit consent (GDPR art. 9.2.a).",
                index=index,
            )
        self._notice(index, body)

    def _notice(self, index: int, body: ConsentBody) -> None:
        digest = body.notice.sha256
        if digest in self._notices or digest in self._unknown_notices:
            return
        self._unknown_notices.add(digest)  # said once: thousands of consents share a notice
        self._records.warn(
            "notice_unknown",
            f"La información que se mostró ({body.notice.id} {body.notice.version}) no es ninguna de las publicadas.",
            f"The notice that was shown ({body.notice.id} {body.notice.version}) is none of those published.",
            index=index,
        )

    def _fields(self, index: int, fields: tuple[str, ...]) -> None:
        never = self._never_shared.get(fields)
        if never is None:
            catalogue = load_catalogue()
            never = tuple(name for name in fields if name in catalogue and not catalogue.field(name).shareable)
            self._never_shared[fields] = never
        if never:
            names = ", ".join(never)
            self._records.fail(
                "field_never_shared",
                f"Trata datos que no se ceden con un consentimiento general: {names}.",
                f"It covers fields that no general consent shares: {names}.",
                index=index,
            )

    def _decision(self, kind: EntryType, body: TrainingDecisionBody) -> None:
        if kind is EntryType.TRAINING_APPROVED and body.epsilon is not None:
            self._allowed += Decimal(body.epsilon)

    def _contribution(self, index: int, body: TrainingContributedBody) -> None:
        self._budget.examined += 1
        spent = Decimal(body.epsilon_after)
        if spent < self._spent.get(body.data_set, Decimal(0)):
            self._budget.fail(
                "epsilon_decreased",
                f"El gasto de privacidad de «{body.data_set}» retrocede a {spent}.",
                f"The privacy spent of {body.data_set!r} goes back to {spent}.",
                index=index,
            )
        self._spent[body.data_set] = spent
        if not self._decisions_lost and spent > self._allowed * _MARGIN > 0:
            self._budget.warn(
                "epsilon_above_approved",
                f"El gasto de privacidad de «{body.data_set}» ({spent}) pasa de lo aprobado ({self._allowed}).",
                f"The privacy spent of {body.data_set!r} ({spent}) is above what was approved ({self._allowed}).",
                index=index,
            )
        earlier = self._rounds.setdefault((body.manifest_sha256, body.round), body.contribution_sha256)
        if earlier != body.contribution_sha256:
            # Two answers to one round would let their noise be averaged away.
            self._budget.fail(
                "round_twice",
                f"La ronda {body.round} del entrenamiento {body.campaign_id} se contestó con dos contenidos distintos.",
                f"Round {body.round} of training {body.campaign_id} was answered with two different contents.",
                index=index,
            )
