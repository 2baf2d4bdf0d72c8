"""The sum comes out exactly, whoever falls silent when, or is lost and says so."""

import contextlib
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.errors import MaskedMessageInvalid, SecureSumRefused, SumLost
from federated.privacy.quantisation import IntVector
from federated.secagg import server
from federated.secagg.client import Masker, add_pair_mask, self_mask_key
from federated.secagg.derivation import RoundBinding, expand
from federated.secagg.messages import MaskedInput, check_answer, check_input
from tests.support.secagg import CONTEXT, Group, group_of, only, zeros

BOUND = (1 << 63) // 64
SETTINGS = settings(max_examples=40, deadline=None)


def _vectors(group: Group, data: st.DataObject, length: int = 5) -> dict[str, IntVector]:
    numbers = st.lists(st.integers(-BOUND, BOUND), min_size=length, max_size=length)
    return {entity: np.array(data.draw(numbers), dtype=np.int64) for entity in group.entities}


def _sum(vectors: dict[str, IntVector], entities: Collection[str]) -> list[int]:
    parts = [vectors[entity].tolist() for entity in vectors if entity in entities]
    return [sum(column) for column in zip(*parts, strict=True)]


@SETTINGS
@given(st.integers(3, 10), st.data())
def test_sums_are_exact_whoever_falls_silent_before_or_after(size: int, data: st.DataObject) -> None:
    group = group_of(size)
    spare = size - group.cohort.terms.threshold
    order = data.draw(st.permutations(group.entities))
    before = data.draw(st.integers(0, spare))
    after = data.draw(st.integers(0, spare - before)) if before == 0 else 0
    vectors = _vectors(group, data)
    inputs = only(group.mask(vectors), order[before:])
    found = group.total(inputs, group.answers(inputs, without=order[before : before + after]))
    assert found.total.tolist() == _sum(vectors, inputs)
    assert found.total.dtype == np.int64
    assert not found.unusable


@pytest.mark.parametrize("silent", [0, 1, 6])
def test_sums_over_a_committee_are_exact(silent: int) -> None:
    group = group_of(70)
    rng = np.random.default_rng(5)
    vectors = {entity: rng.integers(-BOUND, BOUND, 7) for entity in group.entities}
    members, others = group.cohort.committee, [name for name in group.entities if not group.cohort.is_member(name)]
    gone = {*members[: silent // 2], *others[: silent - silent // 2]}
    inputs = only(group.mask(vectors), [name for name in group.entities if name not in gone])
    answers = group.answers(inputs)
    assert len(answers) == (len(inputs) if silent > 1 else len(members))
    assert group.total(inputs, answers).total.tolist() == _sum(vectors, inputs)


@pytest.mark.invariant(7)
def test_a_drop_out_that_is_not_compensated_is_seen() -> None:
    """What the sum would be if the pair masks with the silent entity stayed in."""
    group = group_of(7)
    inputs = group.mask(zeros(group.entities, 50))
    present = only(inputs, group.entities[1:])
    rightly = group.total(present, group.answers(present)).total
    wrongly = rightly.view(np.uint64).copy()
    answers = group.answers(present)
    disclosed = server._open_answers(
        group.cohort, RoundBinding.of(group.cohort.sha256, 1, CONTEXT), present, answers, {}
    )
    for entity, found in disclosed.items():
        for name, key in found.pair_mask_keys.items():
            add_pair_mask(wrongly, entity, name, key)  # undoes the compensation
    assert not rightly.any()
    assert (np.abs(wrongly.view(np.int64).astype(float)) > 2.0**40).all()


def test_entities_that_were_told_different_things_give_noise() -> None:
    group = group_of(5)
    names = group.entities
    inputs = group.mask(zeros(names[:4])) | group.mask(zeros(names[4:]), context=bytes(32))
    with pytest.raises(MaskedMessageInvalid) as caught:  # even the shares of the two do not open for each other
        group.answers(inputs)
    assert caught.value.entity == names[4]


OTHER = b"another question".ljust(32, b".")


@pytest.mark.parametrize(
    ("told", "cancels"),
    [((1, CONTEXT), True), ((1, OTHER), False), ((2, CONTEXT), False)],
    ids=["the same", "another context", "another round"],
)
def test_pair_masks_cancel_only_between_entities_that_were_told_the_same(
    told: tuple[int, bytes], cancels: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if every self mask were known."""
    monkeypatch.setattr("secrets.token_bytes", bytes)
    group = group_of(5)
    names = group.entities
    asked = dict.fromkeys(names, (1, CONTEXT)) | {names[4]: told}
    combined = np.zeros(4, dtype=np.uint64)
    for name, (number, context) in asked.items():
        combined += group.mask(zeros([name]), number, context)[name].vector
        binding = RoundBinding.of(group.cohort.sha256, number, context)
        combined -= expand(self_mask_key(binding, name, bytes(16)), 4)
    assert not combined.any() if cancels else combined.all()


def test_shares_of_another_round_are_refused() -> None:
    group = group_of(5)
    old, new = group.mask(zeros(group.entities), 1), group.mask(zeros(group.entities), 2)
    replayed = {name: MaskedInput(new[name].vector, old[name].shares) for name in new}
    with pytest.raises(MaskedMessageInvalid):
        group.answer(group.entities[0], replayed, round_number=2)
    assert group.answer(group.entities[0], new, round_number=2).sealed


def test_shares_sealed_for_somebody_else_are_refused() -> None:
    group = group_of(5)
    inputs = group.mask(zeros(group.entities))
    first, second, third = group.entities[:3]
    shares = server.shares_for(group.cohort, inputs, first)
    with pytest.raises(MaskedMessageInvalid):
        group.maskers[first].unmask(1, CONTEXT, list(inputs), shares | {second: inputs[second].shares[third]}, 3)


def test_lists_that_show_too_little_are_refused() -> None:
    group = group_of(9)
    own, *others = group.entities
    inputs = group.mask(zeros(group.entities))

    def ask(survivors: list[str], minimum: int) -> None:
        shares = {name: inputs[name].shares[own] for name in survivors if name != own and name in inputs}
        group.maskers[own].unmask(1, CONTEXT, survivors, shares, minimum)

    ask([own, *others[:6]], 7)
    for survivors, minimum in (
        ([own, *others[:6]], 8),  # below the minimum cohort
        ([own, *others[:5]], 3),  # too few of the committee
        (list(others), 3),  # without us
        ([own, *others, "mallory"], 3),
        ([own, own, own, own, own, own, own], 3),
        ([own], 1),
    ):
        with pytest.raises(SecureSumRefused):
            ask(survivors, minimum)


@pytest.mark.parametrize("change", ["missing", "more"])
def test_shares_that_are_not_those_of_the_list_are_refused(change: str) -> None:
    """To be given both a share and a pair mask of one entity, the coordinator would name it a survivor and silent."""
    group = group_of(9)
    own = group.entities[0]
    inputs = group.mask(zeros(group.entities))
    survivors = list(group.entities[:8])
    shares = server.shares_for(group.cohort, only(inputs, survivors), own)
    changed = dict(list(shares.items())[1:]) if change == "missing" else shares | {"entity-008": bytes(60)}
    with pytest.raises(SecureSumRefused):
        group.maskers[own].unmask(1, CONTEXT, survivors, changed, 3)


def test_an_entity_whose_key_the_cohort_does_not_hold_takes_no_part() -> None:
    group = group_of(5)
    with pytest.raises(SecureSumRefused):
        Masker(group.cohort, group.entities[0], group.private[group.entities[1]])
    with pytest.raises(SecureSumRefused):
        Masker(group.cohort, "mallory", group.private[group.entities[1]])


def test_a_survivor_that_vanishes_after_somebody_fell_silent_loses_the_sum() -> None:
    group = group_of(9)
    inputs = only(group.mask(zeros(group.entities)), group.entities[1:])
    with pytest.raises(SumLost):
        group.total(inputs, group.answers(inputs, without=group.entities[1:2]))


def test_too_few_answers_lose_the_sum() -> None:
    group = group_of(9)
    inputs = group.mask(zeros(group.entities))
    with pytest.raises(SumLost):
        group.total(inputs, group.answers(inputs, without=group.entities[:3]))


def test_a_list_that_nobody_would_answer_is_refused_by_the_coordinator_too() -> None:
    group = group_of(5)
    with pytest.raises(SecureSumRefused):
        group.total({}, {})


def test_unusable_answers_are_named_and_set_aside() -> None:
    group = group_of(9)
    first, second = group.entities[:2]
    vectors = {entity: np.arange(4, dtype=np.int64) for entity in group.entities}
    inputs = group.mask(vectors)
    answers = group.answers(inputs)
    answers[first] = replace(answers[first], sealed=bytes(len(answers[first].sealed)))
    answers[second] = replace(answers[second], attestations={})
    found = group.total(inputs, answers | {"mallory": answers[first]})
    assert found.total.tolist() == [0, 9, 18, 27]
    assert set(found.unusable) == {first, second, "mallory"}


def test_shares_that_do_not_fit_together_lose_the_sum() -> None:
    group = group_of(3)
    first, second, third = group.entities
    inputs, others = group.mask(zeros(group.entities)), group.mask(zeros(group.entities))
    inputs[first] = MaskedInput(
        inputs[first].vector, {second: inputs[first].shares[second], third: others[first].shares[third]}
    )
    with pytest.raises(SumLost):
        group.total(inputs, group.answers(inputs))


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    "vector",
    [np.zeros(3, np.uint64), np.zeros(4, np.int64), np.zeros((4, 1), np.uint64), np.zeros(4, np.float64)],
    ids=["length", "signed", "shape", "float"],
)
def test_masked_vectors_of_another_form_are_refused(vector: np.ndarray) -> None:
    group = group_of(4)
    name = group.entities[0]
    good = group.mask(zeros([name]))[name]
    check_input(group.cohort, name, good, 4)
    with pytest.raises(MaskedMessageInvalid) as caught:
        check_input(group.cohort, name, MaskedInput(vector, good.shares), 4)
    assert caught.value.entity == name


@pytest.mark.invariant(8)
def test_messages_with_other_parts_are_refused() -> None:
    group = group_of(4)
    name, other = group.entities[:2]
    inputs = group.mask(zeros(group.entities))
    good, shares = inputs[name], dict(inputs[name].shares)
    for wrong in ({}, shares | {"mallory": bytes(60)}, shares | {name: bytes(60)}, shares | {other: b""}):
        with pytest.raises(MaskedMessageInvalid):
            check_input(group.cohort, name, MaskedInput(good.vector, wrong), 4)
    with pytest.raises(MaskedMessageInvalid):
        check_input(group.cohort, "mallory", good, 4)
    answer = group.answer(name, inputs)
    check_answer(group.cohort, name, answer, inputs)
    with pytest.raises(MaskedMessageInvalid):
        check_answer(group.cohort, name, answer, only(inputs, group.entities[1:]))
    altered: tuple[dict[str, Any], ...] = (
        {"sealed": b""},
        {"key_shares": {}},
        {"attestations": dict.fromkeys(answer.attestations, b"x")},
    )
    for changes in altered:
        with pytest.raises(MaskedMessageInvalid):
            check_answer(group.cohort, name, replace(answer, **changes), inputs)


@SETTINGS
@given(st.data())
@pytest.mark.invariant(8)
def test_no_bytes_at_all_end_in_another_error(data: st.DataObject) -> None:
    group = group_of(4)
    inputs = group.mask(zeros(group.entities))
    answers = group.answers(inputs)
    victim = data.draw(st.sampled_from(group.entities))
    blob = st.binary(max_size=70)
    sized = {name: data.draw(st.binary(min_size=60, max_size=60)) for name in answers[victim].key_shares}
    answers[victim] = replace(
        answers[victim],
        sealed=data.draw(st.just(answers[victim].sealed) | blob),
        key_shares=data.draw(st.just(answers[victim].key_shares) | st.just(sized) | st.dictionaries(st.text(), blob)),
        attestations=data.draw(st.just(answers[victim].attestations) | st.dictionaries(st.text(), blob)),
    )
    with contextlib.suppress(SumLost):
        assert group.total(inputs, answers).total.tolist() == [0, 0, 0, 0]
    with pytest.raises((SecureSumRefused, MaskedMessageInvalid)):
        group.maskers[victim].unmask(1, CONTEXT, list(inputs), dict.fromkeys(sized, data.draw(blob)), 3)
