"""A refusal takes the same work and looks the same, whoever it is about."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from consent_ledger.log.entry import EntryType
from node.fetch.even_work import CONSENTS, even_out
from node.people.documents import Document
from records_exchange.answer import AnswerOutcome, parse_answer
from tests.support.one_side import OneSide
from tests.support.parts import answering_of
from tests.support.refused_people import STRANGERS, refusing_holder, signed_request
from trust.signing import Envelope

KINDS = 9


@pytest.fixture(scope="module")
def holder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OneSide, Mapping[str, Document]]]:
    side, people = refusing_holder(Path(tmp_path_factory.mktemp("refusals")))
    ask(side, people[STRANGERS])  # the index is made at the first question
    yield side, people
    side.context.close()


def ask(side: OneSide, document: Document) -> Envelope:
    return answering_of(side.context).answer(signed_request(side, document), "asker")


@contextmanager
def statements(side: OneSide) -> Iterator[Counter[str]]:
    """Count what the driver runs, but the rare tidying up that chance decides."""
    found: Counter[str] = Counter()

    def note(text: str) -> None:
        words = " ".join(text.split())
        if "DELETE FROM exchange_seen_request" not in words:
            found[_shape(words)] += 1

    with side.context.engine.connect() as connection:
        driver = connection.connection.dbapi_connection
    assert driver is not None
    driver.set_trace_callback(note)
    try:
        yield found
    finally:
        driver.set_trace_callback(None)


def _shape(statement: str) -> str:
    """Return a statement without its values, which the trace writes into it."""
    return statement.split(" WHERE ", maxsplit=1)[0].split(" VALUES ", maxsplit=1)[0].split("'", maxsplit=1)[0]


def test_every_refusal_runs_the_same_statements(holder: tuple[OneSide, Mapping[str, Document]]) -> None:
    side, people = holder
    assert len(people) == KINDS
    runs = {}
    for kind, document in people.items():
        with statements(side) as runs[kind]:
            assert parse_answer(ask(side, document).payload).outcome is AnswerOutcome.REFUSED
    assert sum(runs[STRANGERS].values()) > 10
    for kind, run in runs.items():
        assert run == runs[STRANGERS], kind


def test_every_refusal_has_one_form_and_one_entry(holder: tuple[OneSide, Mapping[str, Document]]) -> None:
    side, people = holder
    before, forms = len(side.types()), []
    for document in people.values():
        answer = parse_answer(ask(side, document).payload)
        said = answer.model_dump(mode="json", exclude={"request_id", "request_sha256", "issued", "ledger"})
        forms.append((said, len(answer.ledger.leaf)))
    assert forms == [forms[0]] * len(people)
    assert side.types()[before:] == [EntryType.REFUSAL] * len(people)


def test_a_refusal_without_its_even_work_would_tell(
    holder: tuple[OneSide, Mapping[str, Document]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What this file sees: the policy and the contact are read for a consent given elsewhere alone."""
    side, people = holder
    monkeypatch.setattr("node.fetch.answering.even_out", lambda *_given: None)
    with statements(side) as of_a_stranger:
        ask(side, people[STRANGERS])
    with statements(side) as of_a_silent_origin:
        ask(side, people["of a silent origin"])
    assert of_a_stranger != of_a_silent_origin


def test_consents_are_made_up_to_a_fixed_number(
    holder: tuple[OneSide, Mapping[str, Document]], monkeypatch: pytest.MonkeyPatch
) -> None:
    side, people = holder
    judged = []

    def noted(*given: object) -> None:
        judged.append(given[2].work.consents)  # type: ignore[attr-defined]  # what judged the consents
        even_out(*given)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr("node.fetch.answering.even_out", noted)
    for kind in (STRANGERS, "ten consents for another", "sixteen consents for another"):
        ask(side, people[kind])
    assert judged == [0, 10, CONSENTS]
