"""An entity in its rounds: one question, one sum over enough others, and nothing for a list it is not in."""

from collections.abc import Callable

import pytest

from federated.campaign.steps import (
    MaskReply,
    MaskRequest,
    ReceivedDocument,
    StepKind,
    UnmaskRequest,
    encode_document,
    pack,
    read_reply,
    read_request,
)
from federated.errors import FederatedError, RoundRefused, SecureSumRefused, TrainingMessageMalformed
from tests.support.campaigns import asked
from tests.support.cohort import MemoryCohort, no_noise


class Round:
    """A campaign at the point where its first round is masked and its unmasking asked."""

    def __init__(self) -> None:
        self.cohort = MemoryCohort()
        state_machine = self.cohort.state_machine()
        requests: dict[str, bytes] = {}
        while state_machine.progress.step is not StepKind.UNMASK:
            requests = state_machine.requests()
            state_machine.accept(self.cohort.answers(requests))
        self.mask_request = _mask(requests["soria"])
        unmask = read_request(state_machine.requests()["soria"]).document
        assert isinstance(unmask, UnmaskRequest)
        self.unmask_request = unmask
        found = self.cohort.entities["soria"].participant
        assert found is not None
        self.soria = found


def _mask(raw: bytes) -> MaskRequest:
    document = read_request(raw).document
    assert isinstance(document, MaskRequest)
    return document


@pytest.fixture
def round_(monkeypatch: pytest.MonkeyPatch) -> Round:
    monkeypatch.setattr("federated.participation.local_sums.discrete_gaussian", no_noise)
    return Round()


def as_asked(document: MaskRequest) -> ReceivedDocument[MaskRequest]:
    return ReceivedDocument(document, encode_document(document))


@pytest.mark.invariant(6)
def test_each_call_masks_anew(round_: Round) -> None:
    first, second = (read_reply(round_.soria.mask(as_asked(round_.mask_request))).document for _ in range(2))
    assert isinstance(first, MaskReply)
    assert isinstance(second, MaskReply)
    assert (first.vector != second.vector).mean() > 0.99
    assert first.shares.keys() == second.shares.keys() == {"avila", "leon", "zamora"}


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"round": 4}, RoundRefused),
        ({"cohort_sha256": "0" * 64}, RoundRefused),
        ({"parameters": pack(no_noise(1, 1).astype(float))}, TrainingMessageMalformed),
        ({"round": 2}, TrainingMessageMalformed),
        ({"round": 3}, TrainingMessageMalformed),
    ],
    ids=["no such round", "another cohort", "too many parameters", "too few parameters", "no model to evaluate"],
)
def test_a_round_that_does_not_fit_is_not_masked(
    round_: Round, changes: dict[str, object], error: type[FederatedError]
) -> None:
    with pytest.raises(error):
        round_.soria.mask(as_asked(round_.mask_request.model_copy(update=changes)))


def _without_me(request: UnmaskRequest) -> UnmaskRequest:
    return request.model_copy(update={"survivors": ("avila", "leon", "zamora")})


def _too_few(request: UnmaskRequest) -> UnmaskRequest:
    return request.model_copy(update={"survivors": ("leon", "soria")})


def _a_stranger(request: UnmaskRequest) -> UnmaskRequest:
    return request.model_copy(update={"survivors": (*request.survivors, "stranger")})


def _shares_of_others(request: UnmaskRequest) -> UnmaskRequest:
    return request.model_copy(update={"shares": {}})


def _another_question(request: UnmaskRequest) -> UnmaskRequest:
    return request.model_copy(update={"mask_request_sha256": "0" * 64})


def _another_round(request: UnmaskRequest) -> UnmaskRequest:
    return request.model_copy(update={"round": 2})


def _no_question(request: UnmaskRequest) -> UnmaskRequest:
    shares = dict(request.shares)
    shares["leon"] = bytes(60)
    return request.model_copy(update={"shares": shares})


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    "change",
    [_without_me, _too_few, _a_stranger, _shares_of_others, _another_question, _another_round, _no_question],
)
def test_nothing_is_disclosed_for_a_list_or_a_question_that_is_not_the_rounds(
    round_: Round, change: Callable[[UnmaskRequest], UnmaskRequest]
) -> None:
    changed = change(round_.unmask_request)
    with pytest.raises(FederatedError) as caught:
        round_.soria.unmask(ReceivedDocument(changed, encode_document(changed)))
    assert caught.value.code in {"secure_sum_refused", "masked_message_invalid"}


@pytest.mark.invariant(6)
def test_an_entity_asked_something_else_than_the_others_spoils_no_more_than_the_sum(round_: Round) -> None:
    other = round_.mask_request.model_copy(update={"transcript": "0" * 64})
    assert asked(other).sha256 != asked(round_.mask_request).sha256
    reply = read_reply(round_.soria.mask(as_asked(other))).document
    assert isinstance(reply, MaskReply)
    # Its shares are sealed for the other question: whoever is asked to open them in this round refuses.
    avila = round_.cohort.entities["avila"].participant
    assert avila is not None
    shares = {**_shares_for(round_, "avila"), "soria": reply.shares["avila"]}
    request = round_.unmask_request.model_copy(update={"shares": shares})
    with pytest.raises(FederatedError):
        avila.unmask(ReceivedDocument(request, encode_document(request)))


def _shares_for(round_: Round, entity: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for (name, _raw), reply in round_.cohort.replies.items():
        document = read_reply(reply).document
        if isinstance(document, MaskReply) and name != entity:
            found[name] = document.shares[entity]
    return found


def test_the_survivors_of_the_round_are_answered(round_: Round) -> None:
    assert round_.soria.unmask(ReceivedDocument(round_.unmask_request, encode_document(round_.unmask_request)))
    with pytest.raises(SecureSumRefused):
        small = _too_few(round_.unmask_request)
        round_.soria.unmask(ReceivedDocument(small, encode_document(small)))
