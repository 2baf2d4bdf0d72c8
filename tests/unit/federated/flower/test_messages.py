import os
import subprocess
import sys
from collections.abc import Callable

import pytest
from flwr.app import ArrayRecord, ConfigRecord, Message, MessageType, MetricRecord, RecordDict
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.campaign.steps import MAX_DOCUMENT_BYTES
from federated.coordination.task_store import flower_id
from federated.errors import BudgetExceeded, TrainingMessageMalformed
from federated.flower import FLOWER_ENVIRONMENT
from federated.flower.campaign_grid import CampaignGrid
from federated.flower.client_app import handle_message
from federated.flower.inprocess_grid import InProcessGrid
from federated.flower.messages import (
    MAX_MESSAGE_BYTES,
    TrainingRefusal,
    content_of,
    document_of,
    message_from_bytes,
    message_to_bytes,
    readdressed,
    refusal,
    replied,
    reply_of,
)
from tests.support.campaigns import CAMPAIGN, ENTITY
from tests.support.clock import FrozenClock

GRID: CampaignGrid = InProcessGrid(CAMPAIGN, {ENTITY: lambda _: None}, now=FrozenClock().now)
DOCUMENT = b"\x00 a document \xff"


def message(content: RecordDict, kind: str = MessageType.TRAIN) -> bytes:
    return message_to_bytes(GRID.create_message(content, kind, flower_id(ENTITY), "mask-2"))


def asked(document: bytes = DOCUMENT) -> bytes:
    return message(content_of(document))


def declining(_document: bytes) -> bytes:
    raise BudgetExceeded("17.3 of the 4 allowed", remedy="a long story")


def test_a_document_comes_back_as_it_was_sent() -> None:
    read = message_from_bytes(asked())
    assert document_of(read) == DOCUMENT
    assert read.metadata.group_id == "mask-2"


def test_a_reply_carries_its_document() -> None:
    assert reply_of(message_from_bytes(replied(asked(), b"answer"))) == b"answer"


def test_an_entity_can_decline_with_a_code() -> None:
    assert reply_of(message_from_bytes(refusal(asked()))) == TrainingRefusal()


def test_the_client_app_hands_over_the_exact_bytes_and_carries_the_answer_back() -> None:
    seen: list[bytes] = []

    def answering(document: bytes) -> bytes:
        seen.append(document)
        return b"answer"

    assert reply_of(message_from_bytes(handle_message(asked(), answering))) == b"answer"
    assert seen == [DOCUMENT]


@pytest.mark.invariant(6)
def test_of_a_reason_to_decline_only_the_code_is_told() -> None:
    raw = handle_message(asked(), declining)
    assert reply_of(message_from_bytes(raw)) == TrainingRefusal()
    assert b"17.3" not in raw
    assert b"story" not in raw


def test_a_defect_is_not_taken_for_a_refusal() -> None:
    with pytest.raises(ZeroDivisionError):
        handle_message(asked(), lambda _document: bytes(1 // 0))


def test_the_largest_document_fits_a_message() -> None:
    raw = asked(b"x" * MAX_DOCUMENT_BYTES)
    assert len(raw) <= MAX_MESSAGE_BYTES
    assert len(document_of(message_from_bytes(raw))) == MAX_DOCUMENT_BYTES


def test_a_reply_is_filed_under_what_the_coordinator_knows_whatever_it_says_of_itself() -> None:
    reply = message_from_bytes(replied(message(content_of(b"")), b"answer"))
    known = readdressed(reply, run_id=7, node_id=11, reply_to="task")
    assert (known.metadata.run_id, known.metadata.src_node_id) == (7, 11)
    assert known.metadata.reply_to_message_id == "task"
    assert reply_of(known) == b"answer"
    declined = readdressed(message_from_bytes(refusal(asked())), run_id=7, node_id=11, reply_to="task")
    assert reply_of(declined) == TrainingRefusal()
    assert declined.metadata.src_node_id == 11


@pytest.mark.invariant(8)
@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_untrusted_bytes_give_our_error_only(data: bytes) -> None:
    _read(data)


@pytest.mark.invariant(8)
@settings(max_examples=100, deadline=None)
@given(st.integers(0, 300), st.binary(min_size=1, max_size=6))
def test_a_damaged_message_gives_our_error_only(position: int, garbage: bytes) -> None:
    original = asked()
    _read(original[:position] + garbage + original[position + len(garbage) :])


def _ways_to_read(data: bytes) -> tuple[Callable[[], object], ...]:
    return (
        lambda: document_of(message_from_bytes(data)),
        lambda: reply_of(message_from_bytes(data)),
        lambda: refusal(data),
        lambda: replied(data, b"x"),
        lambda: handle_message(data, lambda document: document),
    )


def _read(data: bytes) -> None:
    for read in _ways_to_read(data):
        try:
            read()
        except TrainingMessageMalformed:
            continue


@pytest.mark.invariant(8)
@pytest.mark.parametrize(
    "raw",
    [
        message(RecordDict()),
        message(RecordDict({"redpact.step": ConfigRecord({})})),
        message(RecordDict({"redpact.step": ConfigRecord({"document": "text"})})),
        message(RecordDict({"redpact.step": ConfigRecord({"document": [b"list"]})})),
        message(RecordDict({"redpact.step": MetricRecord({"document": 1})})),
        message(RecordDict({"redpact.step": ArrayRecord()})),
        message(RecordDict({"other": ConfigRecord({"document": b"x"})})),
        message(content_of(b"x"), MessageType.EVALUATE),
        message(content_of(b"x"), MessageType.QUERY),
    ],
    ids=["empty", "no document", "text", "a list", "metrics", "arrays", "elsewhere", "evaluate", "query"],
)
def test_messages_that_carry_no_step_are_refused(raw: bytes) -> None:
    for read in (document_of, reply_of):
        with pytest.raises(TrainingMessageMalformed):
            read(message_from_bytes(raw))
    with pytest.raises(TrainingMessageMalformed):
        handle_message(raw, lambda document: document)


def test_an_oversized_message_is_refused_unread() -> None:
    with pytest.raises(TrainingMessageMalformed, match="more than"):
        message_from_bytes(b"\0" * (MAX_MESSAGE_BYTES + 1))


def test_a_message_is_found_again_by_campaign_step_and_entity() -> None:
    first, second = (GRID.create_message(content_of(b"x"), "train", flower_id(ENTITY), "mask-2") for _ in range(2))
    other = GRID.create_message(content_of(b"x"), "train", flower_id(ENTITY), "mask-3")
    assert first.metadata.message_id == second.metadata.message_id != other.metadata.message_id
    assert isinstance(first, Message)


def test_flower_is_silent_as_soon_as_it_can_be_imported() -> None:
    program = (
        "import os, logging, federated.flower.messages\n"
        "from flwr.supercore.logger import log\n"
        "log(logging.INFO, 'a round')\n"
        "print(*(os.environ[name] for name in ('FLWR_TELEMETRY_ENABLED', 'FLWR_DISABLE_UPDATE_CHECK',"
        " 'FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION')))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name not in FLOWER_ENVIRONMENT}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 1 1"
    assert done.stderr == ""
