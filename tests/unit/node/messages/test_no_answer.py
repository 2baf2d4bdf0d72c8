"""Refused, suspended, never handed in and handed in without an answer are told apart wherever they show."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node.consents.status_report import status_text
from node.fetch.report import fetched_document, fetched_text
from node.messages.no_answer import NoAnswer, no_answer_label, no_answer_remedy, reason_of
from node.messages.state import check_outbox, notification_lines, unanswered
from presentation.messages import in_language
from service.errors import PeerBusy, PeerRefused, PeerSilent
from tests.support import parts
from tests.support.one_side import OneSide
from tests.support.people import person_record
from trust.errors import UnknownParty
from trust.parties import EntityKind, EntityStatus, Party
from trust.signing import Envelope

Fault = Callable[[OneSide, pytest.MonkeyPatch], None]


@pytest.fixture
def side(tmp_path: Path) -> Iterator[OneSide]:
    """Return a town with one other entity."""
    made = OneSide(tmp_path, "town", {"ngo": EntityKind.AGENT}, kind=EntityKind.PUBLIC)
    parts.hold(made.context, person_record())
    yield made
    made.context.close()


def suspended(side: OneSide, _patch: pytest.MonkeyPatch) -> None:
    side.directory.change("ngo", status=EntityStatus.SUSPENDED)


def away(side: OneSide, _patch: pytest.MonkeyPatch) -> None:
    side.peers.away.add("ngo")


def failing(error: Exception) -> Fault:
    def fail(side: OneSide, patch: pytest.MonkeyPatch) -> None:
        def call(_party: Party, _envelope: Envelope) -> Envelope:
            raise error

        patch.setattr(side.peers, "call", call)

    return fail


def lying(side: OneSide, patch: pytest.MonkeyPatch) -> None:
    real = side.peers.call

    def call(party: Party, envelope: Envelope) -> Envelope:
        answer = real(party, envelope)
        return Envelope(answer.payload_type, answer.payload, answer.key_id, bytes(64))

    patch.setattr(side.peers, "call", call)


CASES = {
    "suspended": (suspended, NoAnswer.SUSPENDED),
    "left the network": (failing(UnknownParty("no such entity")), NoAnswer.NOT_LISTED),
    "not reached": (away, NoAnswer.NOT_REACHED),
    "refused at its door": (failing(PeerRefused("no", peer_code="x")), NoAnswer.NOT_TAKEN),
    "busy": (failing(PeerBusy("later")), NoAnswer.NOT_TAKEN),
    "silent": (failing(PeerSilent("no answer in time")), NoAnswer.SILENT),
    "an answer that does not verify": (lying, NoAnswer.SILENT),
}


@pytest.mark.parametrize(("happens", "expected"), CASES.values(), ids=CASES)
def test_a_withdrawal_without_receipt_says_which_of_these_it_is(
    side: OneSide, monkeypatch: pytest.MonkeyPatch, happens: Fault, expected: NoAnswer
) -> None:
    consent = parts.grant(side.context, "ngo")
    side.shares("ngo", ("housing.risk",))
    happens(side, monkeypatch)
    side.consents.withdraw(consent)
    assert [each.no_answer for each in side.status(consent).notifications] == [NoAnswer.NOT_TRIED]
    side.outbox.deliver_due()
    status = side.status(consent)
    assert [each.no_answer for each in status.notifications] == [expected]
    assert unanswered(side.context) == [{"entity": "ngo", "notices": 1, "why": expected.value}]
    said = in_language(no_answer_label(expected), "es")
    assert said in " ".join(status_text(status).split())
    assert said in notification_lines(unanswered(side.context), {}, "es")[0]
    side.later(hours=25)
    late = check_outbox(side.context)
    assert said in in_language(late.text, "es")
    assert in_language(no_answer_remedy(expected), "es") in in_language(late.remedy, "es")


def test_what_may_have_arrived_once_is_never_called_not_handed_in(
    side: OneSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent = parts.grant(side.context, "ngo")
    side.shares("ngo", ("housing.risk",))
    side.consents.withdraw(consent)
    with monkeypatch.context() as patch:
        failing(PeerSilent("no answer in time"))(side, patch)
        side.outbox.deliver_due()
    away(side, monkeypatch)
    side.later(hours=2)
    side.outbox.deliver_due()
    assert [each.no_answer for each in side.status(consent).notifications] == [NoAnswer.SILENT]
    suspended(side, monkeypatch)
    side.later(hours=2)
    side.outbox.deliver_due()
    assert [each.no_answer for each in side.status(consent).notifications] == [NoAnswer.SUSPENDED]


@pytest.mark.parametrize(("happens", "expected"), CASES.values(), ids=CASES)
def test_a_question_without_answer_says_which_of_these_it_is(
    side: OneSide, monkeypatch: pytest.MonkeyPatch, happens: Fault, expected: NoAnswer
) -> None:
    happens(side, monkeypatch)
    found = side.fetch("ngo", ("housing.risk",))
    (answer,) = fetched_document(found)["answers"]
    assert (answer["outcome"], answer["why"]) == ("failed", expected.value)
    assert in_language(no_answer_label(expected), "es") in " ".join(fetched_text(found).split())


def test_each_reason_has_words_of_its_own() -> None:
    for words in (no_answer_label, no_answer_remedy):
        assert len({in_language(words(each), "es") for each in NoAnswer}) == len(NoAnswer)
        assert len({in_language(words(each), "en") for each in NoAnswer}) == len(NoAnswer)


def test_an_error_of_an_answer_is_no_failure_to_reach() -> None:
    assert reason_of(PeerRefused("no")) is NoAnswer.NOT_TAKEN
    assert reason_of(PeerSilent("late")) is NoAnswer.SILENT
