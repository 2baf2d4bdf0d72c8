"""A released model made again from its transcript: the same, or the transcript is not the campaign's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from federated.coordination.progress import Progress
from federated.coordination.transcript import RoundRecord, Transcript
from federated.errors import EditInvalid, FederatedError, ReleaseInvalid
from federated.learning.manual_edits import edit, edit_in_order
from federated.learning.model_documents import AdditiveModel, Edit, edits_of
from federated.release.composition import compose_release, measure
from federated.release.model_release import ModelRelease
from federated.release.replay import replayed, require_reproducible
from tests.support.clock import START
from tests.support.cohort import MemoryCohort, additive_manifest

Change = Callable[[tuple[RoundRecord, ...]], Sequence[RoundRecord]]


@dataclass
class Told:
    """A campaign as it was, and its release."""

    cohort: MemoryCohort
    progress: Progress
    records: tuple[RoundRecord, ...]

    def release(self, *edits: Edit) -> ModelRelease:
        measured = measure(self.cohort.manifest, self.progress, len(self.records[-1].contributors))
        now = START + timedelta(days=8)
        return compose_release(self.cohort.manifest, self.cohort.digest, self.progress, measured, now, edits=edits)

    def edits(self) -> tuple[Edit, ...]:
        """Return two corrections by hand: a curve in order, and another set."""
        model = self.release().model
        assert isinstance(model, AdditiveModel)
        model = edit_in_order(model, "age", -1, reason="the law says so")
        return edits_of(edit(model, "tenure", (0.0, 0.0, 0.0), reason="it measures the landlord"))

    def require(self, records: Sequence[RoundRecord], release: ModelRelease | None = None) -> None:
        """Check the release against these records, as if the release named them."""
        transcript = Transcript.of(self.cohort.digest, records)
        named = (release or self.release()).model_copy(update={"transcript_sha256": transcript.head})
        require_reproducible(named, self.cohort.manifest, self.cohort.digest, transcript.to_jsonl())


@pytest.fixture(scope="module")
def told() -> Told:
    cohort = MemoryCohort(additive_manifest(passes=2))
    state_machine, records = cohort.run()
    return Told(cohort, state_machine.progress, tuple(records))


def test_the_model_comes_out_again(told: Told) -> None:
    again = replayed(told.cohort.manifest, Transcript.of(told.cohort.digest, told.records))
    assert again.transcript == told.progress.transcript
    assert (again.contributors, again.lost, again.evaluation) == (
        told.progress.contributors,
        0,
        told.progress.evaluation,
    )
    told.require(told.records)


def test_also_when_a_round_was_lost() -> None:
    cohort = MemoryCohort(additive_manifest(passes=2))
    state_machine, records = cohort.state_machine(), list[RoundRecord]()
    while not state_machine.done:
        asked = state_machine.requests()
        lost = state_machine.progress.round == 2 and state_machine.progress.survivors
        record = state_machine.accept({} if lost else cohort.answers(asked))
        records += [record] if record is not None else []
    found = Told(cohort, state_machine.progress, tuple(records))
    assert found.release().rounds_lost == 1
    found.require(records)


def _another_sum(records: tuple[RoundRecord, ...]) -> Sequence[RoundRecord]:
    changed = replace(records[2], total=(records[2].total[0] + (1 << 20), *records[2].total[1:]))
    return [*records[:2], changed, *records[3:]]


def _another_evaluation(records: tuple[RoundRecord, ...]) -> Sequence[RoundRecord]:
    return [*records[:3], replace(records[3], total=tuple(2 * number for number in records[3].total))]


def _without_the_end(records: tuple[RoundRecord, ...]) -> Sequence[RoundRecord]:
    return records[:3]


def _without_the_first_sum(records: tuple[RoundRecord, ...]) -> Sequence[RoundRecord]:
    return [replace(records[0], total=()), *records[1:]]


def _another_stage(records: tuple[RoundRecord, ...]) -> Sequence[RoundRecord]:
    return [replace(records[0], stage="train"), *records[1:]]


def _shorter_sums(place: int) -> Change:
    return lambda records: [
        replace(record, total=record.total[:-1]) if index == place else record for index, record in enumerate(records)
    ]


def _one_round_more(records: tuple[RoundRecord, ...]) -> Sequence[RoundRecord]:
    return [*records, replace(records[3], round=5)]


def _other_contributors(records: tuple[RoundRecord, ...]) -> Sequence[RoundRecord]:
    return [replace(record, contributors=("avila", "leon", "soria")) for record in records]


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    "change",
    [
        _another_sum,
        _another_evaluation,
        _without_the_end,
        _without_the_first_sum,
        _another_stage,
        _shorter_sums(0),
        _shorter_sums(1),
        _shorter_sums(3),
        _one_round_more,
        _other_contributors,
    ],
)
def test_a_transcript_that_gives_something_else_is_refused(told: Told, change: Change) -> None:
    with pytest.raises(FederatedError):
        told.require(change(told.records))


def test_a_model_that_was_changed_is_refused(told: Told) -> None:
    release = told.release()
    other = release.model.model_copy(update={"intercept": release.model.intercept + 0.001})
    with pytest.raises(ReleaseInvalid):
        told.require(told.records, release.model_copy(update={"model": other}))


def test_a_model_corrected_by_hand_comes_out_again_with_its_corrections(told: Told) -> None:
    release = told.release(*told.edits())
    assert edits_of(release.model) == told.edits()
    assert release.measurement == told.release().measurement  # of before
    told.require(told.records, release)


@pytest.mark.parametrize(
    "change",
    [
        {"before": (9.0, 9.0, 9.0)},  # as if the curve had been worse
        {"after": (0.1, 0.1, 0.1)},  # other than the model now has
        {"how": "monotone:+1"},
        {"how": "by magic"},
        {"feature": "nobody"},
    ],
)
def test_a_correction_that_does_not_lead_to_the_model_is_refused(told: Told, change: dict[str, object]) -> None:
    release = told.release(*told.edits())
    assert isinstance(release.model, AdditiveModel)
    *first, last = release.model.edits
    model = release.model.model_copy(update={"edits": (*first, last.model_copy(update=change))})
    with pytest.raises((ReleaseInvalid, EditInvalid)):
        told.require(told.records, release.model_copy(update={"model": model}))


def test_a_correction_that_was_left_out_is_refused(told: Told) -> None:
    release = told.release(*told.edits())
    model = release.model.model_copy(update={"edits": told.edits()[:1]})
    with pytest.raises(ReleaseInvalid):
        told.require(told.records, release.model_copy(update={"model": model}))


def test_another_transcript_than_the_release_names_is_refused(told: Told) -> None:
    transcript = Transcript.of(told.cohort.digest, told.records).to_jsonl()
    other = told.release().model_copy(update={"transcript_sha256": "0" * 64})
    with pytest.raises(ReleaseInvalid):
        require_reproducible(other, told.cohort.manifest, told.cohort.digest, transcript)
