"""The registry of the audit: every kind of entry is in it, numbers stay, and a new feature needs nothing else."""

from collections.abc import Mapping

from typing_extensions import override

from consent_ledger.audit.feature import Feature, FeatureChecks, Reader
from consent_ledger.audit.registry import ENTRY_KINDS, FEATURES, new_run, new_story
from consent_ledger.audit.report import NumberedCheck
from consent_ledger.audit.story import RowSection
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.audit.words import Glossary
from consent_ledger.log.bodies import BODY_MODELS, KeyChangedBody
from consent_ledger.log.entry import Body, EntryType, Leaf
from presentation.messages import _
from tests.support.clock import START

NUMBERS = {
    1: "checkpoint",
    2: "entries",
    3: "tiles",
    4: "root",
    5: "times",
    6: "bodies",
    7: "erasures",
    8: "consents",
    9: "releases",
    10: "withdrawals",
    11: "acknowledgements",
    12: "training",
    13: "records",
    14: "budget",
    15: "witnesses",
    16: "referrals",
    17: "counterparts",
    18: "assurance",
    19: "persons",
}


def test_every_type_of_entry_is_registered_by_one_feature_with_its_body() -> None:
    registered = [kind for feature in FEATURES for kind in feature.names]
    assert sorted(registered) == sorted(EntryType)
    assert {kind: found.body for kind, found in ENTRY_KINDS.items()} == BODY_MODELS


def test_the_numbers_of_the_checks_stay() -> None:
    assert {check.number: check.code for check in new_run().report.checks} == NUMBERS


class WeakKeyChecks(FeatureChecks):
    """Notices keys that the network no longer accepts."""

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {KeyChangedBody: self._changed}

    def _changed(self, entry: AuditedEntry, body: KeyChangedBody) -> None:
        check = self.report.check("weak_keys")
        check.examined += 1
        if body.new.startswith("rsa"):
            check.fail("weak_key", "weak", index=entry.index)


class KeyChanges(RowSection):
    template = "audit/key_changes.html"
    counted = EntryType.KEY_CHANGED

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {KeyChangedBody: self.add}


TOMORROW = Feature(
    names={}, numbered=(NumberedCheck(18, "weak_keys", _("N.º")),), checks=(WeakKeyChecks,), sections=(KeyChanges,)
)


def key_changed(new: str) -> AuditedEntry:
    leaf = Leaf(EntryType.KEY_CHANGED, "0" * 32, START, "0" * 64)
    return AuditedEntry(4, leaf, KeyChangedBody(key="tls", old="ed25519-1", new=new))


def test_a_feature_brings_its_checks_and_its_section_without_a_change_elsewhere() -> None:
    run, story = new_run([*FEATURES, TOMORROW]), new_story([*FEATURES, TOMORROW])
    for new in ("ed25519-2", "rsa-1024"):
        run.entry(key_changed(new))
        story.entry(key_changed(new))
    run.finish()
    check = run.report.check("weak_keys")
    assert (check.number, check.examined, [finding.index for finding in check.findings]) == (18, 2, [4])
    shown = story.sections[-1].context(Glossary("es", {}, {}))
    assert [row.body.new for row in shown["rows"]] == ["rsa-1024", "ed25519-2"]  # type: ignore[attr-defined]  # rows
