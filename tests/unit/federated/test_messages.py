import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, RecordDict
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.errors import MessageMalformed
from federated.flower import SILENCE
from federated.flower.base_grid import CampaignGrid
from federated.flower.client_app import answer
from federated.flower.inprocess_grid import InProcessGrid
from federated.flower.messages import (
    MAX_MESSAGE_BYTES,
    VECTOR_TYPE,
    TrainingRefusal,
    contribution_content,
    message_from_bytes,
    message_to_bytes,
    read_reply,
    read_request,
    refusal,
    request_message,
)
from federated.grid_store import flower_id
from federated.models import trainer_for
from federated.rounds import Contribution
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN, ENTITY
from tests.support.clock import FrozenClock

GRID: CampaignGrid = InProcessGrid(CAMPAIGN, {ENTITY: lambda _: None}, now=FrozenClock().now)
MANIFEST = campaigns.manifest()


def asked(round_number: int = 2) -> bytes:
    envelope = campaigns.sealed()
    request = campaigns.request(envelope, round_number, (0.5, -1.0, 2.0, 0.25))
    return message_to_bytes(request_message(request, GRID, flower_id(ENTITY)))


def reply(content: RecordDict) -> bytes:
    return message_to_bytes(Message(content, reply_to=message_from_bytes(asked())))


def test_a_request_says_the_same_after_the_wire() -> None:
    request = read_request(asked(), MANIFEST)
    assert (request.campaign_id, request.round) == (CAMPAIGN, 2)
    assert request.weights.tolist() == [0.5, -1.0, 2.0, 0.25]
    assert request.sha256 == campaigns.request(campaigns.sealed(), 2, (0.5, -1.0, 2.0, 0.25)).sha256


def test_a_contribution_says_the_same_after_the_wire() -> None:
    total = np.array([1, -(2**59), 3, 0, 5], dtype=np.int64)
    back = read_reply(reply(contribution_content(Contribution(CAMPAIGN, 2, total))), MANIFEST)
    assert isinstance(back, Contribution)
    assert back.total.tolist() == total.tolist()


def test_an_entity_can_decline_with_a_code() -> None:
    assert read_reply(refusal(asked(), "budget_exceeded"), MANIFEST) == TrainingRefusal("budget_exceeded")


def test_the_client_app_answers_a_serialised_round() -> None:
    trainer = trainer_for(MANIFEST, *campaigns.rows(40))
    back = read_reply(answer(asked(), entity=ENTITY, trainer=trainer), MANIFEST)
    assert isinstance(back, Contribution)
    assert back.round == 2


@pytest.mark.invariant(8)
@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_untrusted_bytes_give_our_error_only(data: bytes) -> None:
    for read in (read_request, lambda raw: read_reply(raw, MANIFEST), lambda raw: refusal(raw, "x")):
        try:
            read(data)
        except MessageMalformed:
            continue


@pytest.mark.invariant(8)
@settings(max_examples=150, deadline=None)
@given(st.integers(0, 400), st.binary(min_size=1, max_size=6))
def test_a_damaged_message_gives_our_error_only(position: int, garbage: bytes) -> None:
    original = asked()
    data = original[:position] + garbage + original[position + len(garbage) :]
    for read in (read_request, lambda raw: read_reply(raw, MANIFEST)):
        try:
            read(data)
        except MessageMalformed:
            continue


@pytest.mark.parametrize(
    "array",
    [
        Array(np.zeros(5, dtype=np.int64)),
        Array(dtype="object", shape=(5,), stype="numpy.ndarray", data=pickle.dumps([0] * 5)),
        Array(dtype="<i8", shape=(1 << 30,), stype=VECTOR_TYPE, data=b"\0" * 40),
        Array(dtype="<i8", shape=(5, 1), stype=VECTOR_TYPE, data=b"\0" * 40),
        Array(dtype="<f8", shape=(5,), stype=VECTOR_TYPE, data=b"\0" * 40),
        Array(dtype="<i8", shape=(5,), stype=VECTOR_TYPE, data=b"\0" * 39),
        Array(dtype="<i8", shape=(4,), stype=VECTOR_TYPE, data=b"\0" * 32),
        Array(dtype="<i8", shape=(5,), stype=VECTOR_TYPE, data=b"\xff" * 39 + b"\x7f"),
    ],
    ids=["self-describing", "pickle", "longer than it is", "a matrix", "floats", "cut off", "another model", "huge"],
)
@pytest.mark.invariant(8)
def test_sums_that_lie_about_themselves_are_refused(array: Array) -> None:
    content = RecordDict(
        {"total": ArrayRecord({"total": array}), "terms": ConfigRecord({"campaign": CAMPAIGN, "round": 2})}
    )
    with pytest.raises(MessageMalformed):
        read_reply(reply(content), MANIFEST)


@pytest.mark.parametrize("terms", [{}, {"campaign": "x" * 65, "round": 2}, {"campaign": CAMPAIGN, "round": True}])
def test_a_reply_without_its_terms_is_refused(terms: dict[str, str | int]) -> None:
    content = contribution_content(Contribution(CAMPAIGN, 2, np.zeros(5, dtype=np.int64)))
    content["terms"] = ConfigRecord(dict(terms))
    with pytest.raises(MessageMalformed):
        read_reply(reply(content), MANIFEST)


def test_an_oversized_message_is_refused_unread() -> None:
    with pytest.raises(MessageMalformed, match="larger"):
        message_from_bytes(b"\0" * (MAX_MESSAGE_BYTES + 1))


def test_flower_is_silent_as_soon_as_it_can_be_imported() -> None:
    program = (
        "import os, logging, federated.flower.messages\n"
        "from flwr.supercore.logger import log\n"
        "log(logging.INFO, 'a round')\n"
        "print(*(os.environ[name] for name in ('FLWR_TELEMETRY_ENABLED', 'FLWR_DISABLE_UPDATE_CHECK',"
        " 'FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION')))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name not in SILENCE}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 1 1"
    assert done.stderr == ""
