"""The features of the audit: one line each. Nothing else of the auditor names a kind of entry.

The order is that of the sections of the officer's report; the order of the checks is that of their numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from consent_ledger.audit.feature import AuditRun, Feature
from consent_ledger.audit.features.access_reports import ACCESS_REPORTS
from consent_ledger.audit.features.administration import ADMINISTRATION
from consent_ledger.audit.features.assurance import ASSURANCE
from consent_ledger.audit.features.cards import CARDS
from consent_ledger.audit.features.consents import CONSENTS
from consent_ledger.audit.features.erasures import ERASURES
from consent_ledger.audit.features.persons import PERSONS
from consent_ledger.audit.features.readings import READINGS, RECEIPTS
from consent_ledger.audit.features.referrals import REFERRALS
from consent_ledger.audit.features.releases import ANSWERS, RELEASES
from consent_ledger.audit.features.training import TRAINING
from consent_ledger.audit.features.withdrawals import WITHDRAWALS
from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.story import MAX_ROWS, Story
from consent_ledger.audit.structure import STRUCTURAL_CHECKS
from consent_ledger.log.bodies import BODY_MODELS
from consent_ledger.log.entry import Body, EntryType
from presentation.messages import Message

FEATURES: Final[Sequence[Feature]] = (
    RELEASES,
    WITHDRAWALS,
    CONSENTS,
    ASSURANCE,
    ANSWERS,
    REFERRALS,
    READINGS,
    ACCESS_REPORTS,
    RECEIPTS,
    CARDS,
    PERSONS,
    TRAINING,
    ERASURES,
    ADMINISTRATION,
)


@dataclass(frozen=True, slots=True)
class EntryKind:
    """A type of entry as it is registered.

    Attributes:
        body: the model of its content.
        name: the name of several such entries.
        feature: the feature that brings their checks and their section of the report.
    """

    body: type[Body]
    name: Message
    feature: Feature


ENTRY_KINDS: Final[Mapping[EntryType, EntryKind]] = {
    kind: EntryKind(BODY_MODELS[kind], name, feature) for feature in FEATURES for kind, name in feature.names.items()
}


def new_run(features: Sequence[Feature] = FEATURES) -> AuditRun:
    """Return the checks of features over a new report, which has the structural checks too."""
    numbered = [*STRUCTURAL_CHECKS, *(each for feature in features for each in feature.numbered)]
    return AuditRun(AuditReport.of(numbered), [kind for feature in features for kind in feature.checks])


def new_story(features: Sequence[Feature] = FEATURES, max_rows: int = MAX_ROWS) -> Story:
    """Return an empty story with the sections of features."""
    return Story([section for feature in features for section in feature.sections], max_rows)
