"""Names on a SuperLink's numbers, and messages that a SuperNode passes on to the node behind it."""

from collections.abc import Iterable

import pytest
from flwr.app import ConfigRecord, Context, Error, Message, MessageType, Metadata, RecordDict
from flwr.app.message.message import make_message
from flwr.serverapp import Grid
from flwr.supercore.run import Run
from typing_extensions import override

from federated.coordination.task_store import flower_id
from federated.errors import TrainingMessageMalformed
from federated.flower.messages import message_from_bytes, message_to_bytes
from federated.flower.superlink_grid import NamedGrid, build_relaying_client_app

LEON, BURGOS = flower_id("leon"), flower_id("burgos")
STRANGER = 99


class Numbered(Grid):
    """A grid whose nodes are 11, 12 and a stranger; every one of them answers everything at once."""

    def __init__(self, *, refusing: bool = False) -> None:
        self.sent: list[Message] = []
        self._refusing = refusing
        self._run = Run.create_empty(7)

    @override
    def set_run(self, run: Run) -> None:
        self._run = run

    @property
    @override
    def run(self) -> Run:
        return self._run

    @override
    def create_message(
        self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None
    ) -> Message:
        assert (message_type, ttl) == (MessageType.TRAIN, 60.0)
        return message_to(dst_node_id, group_id, content)

    @override
    def get_node_ids(self) -> Iterable[int]:
        return [12, STRANGER, 11]

    @override
    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        self.sent += messages
        return [str(index) for index, _ in enumerate(self.sent)]

    @override
    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        answered = [self._answer(self.sent[int(each)]) for each in message_ids]
        return [*answered, self._answer(message_to(STRANGER))]

    @override
    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterable[Message]:
        return self.pull_messages(self.push_messages(messages))

    def _answer(self, message: Message) -> Message:
        if self._refusing:
            return Message(Error(403, "no"), reply_to=message)
        return Message(content(f"from {message.metadata.dst_node_id}"), reply_to=message)


def content(word: str) -> RecordDict:
    return RecordDict({"said": ConfigRecord({"word": word})})


def message_to(node: int, group: str = "1", said: RecordDict | None = None) -> Message:
    metadata = Metadata(7, f"to-{node}-{group}", 1, node, "", group, 1_700_000_000.0, 60.0, MessageType.TRAIN)
    return make_message(metadata, content=said or content("ask"))


def word(message: Message) -> object:
    record = message.content["said"]
    assert isinstance(record, ConfigRecord)
    return record["word"]


def asked(grid: NamedGrid, entity: int = LEON) -> Message:
    return grid.create_message(content("ask"), MessageType.TRAIN, entity, "1", 60.0)


def test_entities_have_the_same_numbers_as_on_every_other_grid() -> None:
    inner = Numbered()
    grid = NamedGrid(inner, {"leon": 11, "burgos": 12, "away": 13})
    assert set(grid.get_node_ids()) == {LEON, BURGOS}
    replies = list(grid.send_and_receive([asked(grid, LEON), asked(grid, BURGOS)], timeout=1.0))
    assert {reply.metadata.src_node_id: word(reply) for reply in replies} == {LEON: "from 11", BURGOS: "from 12"}
    assert [message.metadata.dst_node_id for message in inner.sent] == [11, 12]
    assert [reply.metadata.reply_to_message_id for reply in replies] == ["to-11-1", "to-12-1"]


def test_what_a_node_without_a_name_says_is_never_heard() -> None:
    grid = NamedGrid(Numbered(), {"leon": 11})
    replies = list(grid.pull_messages(grid.push_messages([asked(grid)])))
    assert [word(reply) for reply in replies] == ["from 11"]


def test_a_refusal_stays_one_and_an_entity_without_a_number_cannot_be_asked() -> None:
    grid = NamedGrid(Numbered(refusing=True), {"leon": 11})
    (reply,) = grid.send_and_receive([asked(grid)])
    assert (reply.error.reason, reply.metadata.src_node_id) == ("no", LEON)
    with pytest.raises(KeyError):
        asked(grid, BURGOS)


def test_the_run_is_the_inner_grids() -> None:
    grid = NamedGrid(Numbered(), {})
    grid.set_run(Run.create_empty(8))
    assert grid.run.run_id == 8


def relayed(reply: bytes) -> Message:
    message = message_to(11)
    return build_relaying_client_app(lambda _data: reply)(message, Context(7, 11, {}, RecordDict(), {}))


def test_an_answer_that_was_stored_under_an_earlier_message_answers_this_one() -> None:
    earlier = message_to(11, "earlier")
    reply = relayed(message_to_bytes(Message(content("stored"), reply_to=earlier)))
    assert word(reply) == "stored"
    assert (reply.metadata.group_id, reply.metadata.src_node_id) == ("1", 11)


def test_the_node_sees_the_message_itself_and_its_refusal_is_passed_back() -> None:
    seen: list[Message] = []

    def refuse(data: bytes) -> bytes:
        seen.append(message_from_bytes(data))
        return message_to_bytes(Message(Error(403, "budget_exceeded"), reply_to=seen[-1]))

    message = message_to(11)
    reply = build_relaying_client_app(refuse)(message, Context(7, 11, {}, RecordDict(), {}))
    assert [word(each) for each in seen] == ["ask"]
    assert reply.error.reason == "budget_exceeded"


def test_an_answer_that_is_no_message_is_no_answer() -> None:
    with pytest.raises(TrainingMessageMalformed):
        relayed(b"\xff\xff")
