"""Who read what inside the entity is in its ledger before anything is shown."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from consent_ledger.log.readings import Reading
from node.care.access import CaseRegister
from node.care.errors import ProfessionalInvalid
from node.care.person_record import read_record
from node.care.questions import ProfessionalInput
from node.care.reading import ask_readings, read_many, readings_text
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.people.errors import PersonUnknown
from node.people.store import people_store
from node.rights.access_report.collecting import person_entries
from policies.errors import UnknownTerm
from policies.record_readings import RecordPart
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, context_of, erasures_of, hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record

STAFF = ProfessionalInput("staff-8", reason="case_meeting")


@pytest.fixture
def context(tmp_path: Path, directory: SignedDirectory) -> Iterator[NodeContext]:
    context = context_of("ngo", tmp_path / "ngo", directory)
    hold(context, person_record(PERSON), person_record(OTHER_PERSON))
    yield context
    context.close()


def readings(context: NodeContext, **days: date) -> tuple[Reading, ...]:
    return ask_readings(context, "officer-1", PERSON, **days)[0]


def size(context: NodeContext) -> int:
    with context.snapshot() as session:
        return own_ledger(context, session).size()


def test_reading_a_record_says_who_read_it_how_they_came_to_the_case_and_why(context: NodeContext) -> None:
    read_record(context, PERSON, STAFF)
    (reading,) = readings(context)
    said = reading.body
    assert (said.professional, said.part, said.case_access, said.reason) == (
        "staff-8",
        "record",
        "opened",
        "case_meeting",
    )
    (opening,) = CaseRegister(context).case_file(PERSON).openings
    assert (opening.professional, opening.reason) == ("staff-8", "case_meeting")


def test_a_member_of_the_team_reads_as_such_and_opens_nothing(context: NodeContext) -> None:
    CaseRegister(context).add_member(PERSON, "staff-7", "social_educator", added_by="boss-1")
    read_record(context, PERSON, ProfessionalInput("staff-7"))
    (reading,) = readings(context)
    assert (reading.body.case_access, reading.body.reason) == ("team", None)
    assert CaseRegister(context).case_file(PERSON).openings == ()


def test_nothing_is_shown_when_the_reading_cannot_be_recorded(
    context: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("consent_ledger.log.ledger.ConsentLedger.append", full)
    with pytest.raises(OSError, match="disk full"):
        read_record(context, PERSON, STAFF)
    assert CaseRegister(context).case_file(PERSON).openings == ()


def test_opening_a_case_is_in_the_ledger(context: NodeContext) -> None:
    CaseRegister(context).open(PERSON, "staff-8", "urgent_situation")
    (reading,) = readings(context)
    assert (reading.body.part, reading.body.reason) == ("case_opened", "urgent_situation")


@pytest.mark.parametrize("part", [RecordPart.EXPORT, RecordPart.PEOPLE, RecordPart.RISK_LIST])
def test_reading_many_people_is_among_the_readings_of_each_of_them(context: NodeContext, part: RecordPart) -> None:
    read_many(context, "staff-8", part, reason="statistics", people=2)
    (reading,) = readings(context)
    assert (reading.body.part, reading.body.people, reading.body.person_ref) == (part, 2, None)


def test_a_reading_of_many_needs_a_reason_of_the_list_and_a_member_of_staff(context: NodeContext) -> None:
    with pytest.raises(UnknownTerm):
        read_many(context, "staff-8", RecordPart.EXPORT, reason="because", people=2)
    with pytest.raises(ProfessionalInvalid):
        read_many(context, "00000000T", RecordPart.EXPORT, reason="statistics", people=2)
    assert size(context) == 0


def test_who_saw_this_persons_data_in_october(context: NodeContext, clock: FrozenClock) -> None:
    read_record(context, PERSON, STAFF)
    first = clock.now().date()
    clock.advance(seconds=timedelta(days=40).total_seconds())
    read_record(context, PERSON, ProfessionalInput("staff-9"))
    read_record(context, OTHER_PERSON, ProfessionalInput("staff-5"))
    assert [each.body.professional for each in readings(context, until=first)] == ["staff-8"]
    later = [each.body.professional for each in readings(context, since=first + timedelta(days=1))]
    # The officer's first question is a reading too.
    assert later == ["staff-9", "officer-1"]


def test_asking_who_looked_is_a_reading_itself(context: NodeContext) -> None:
    readings(context)
    (asked,) = readings(context)
    assert (asked.body.professional, asked.body.part) == ("officer-1", "readings")


def test_a_reading_of_a_stranger_changes_nothing(context: NodeContext) -> None:
    with pytest.raises(PersonUnknown):
        read_record(context, STRANGER, STAFF)
    assert size(context) == 0


def test_readings_are_told_with_names_local_times_and_reasons_in_words(context: NodeContext) -> None:
    read_record(context, PERSON, STAFF)
    read_many(context, "staff-8", RecordPart.EXPORT, reason="data_transfer", people=2)
    text = readings_text(*ask_readings(context, "officer-1", None), "es")
    for words in (
        "La ficha entera",
        "Prepara una reunión",
        "La exportación de todas las fichas",
        "2 personas",
        "+01:00",
    ):
        assert words in text


def test_an_erased_persons_readings_lose_their_content_and_the_proofs_stay(context: NodeContext) -> None:
    read_record(context, PERSON, STAFF)
    erasures_of(context).erase_person(PERSON, "eu-gdpr:A17-1-b")
    found, names = ask_readings(context, "officer-1", None)
    assert found == ()
    assert names == {}


def test_the_person_learns_of_readings_also_those_of_many_people(context: NodeContext) -> None:
    read_record(context, PERSON, STAFF)
    read_many(context, "staff-8", RecordPart.EXPORT, reason="data_transfer", people=2)
    with context.snapshot() as session:
        person = people_store(context, session).get_by_document(PERSON).person_id
        assert [entry.kind for entry in person_entries(context, session, person)] == ["record_read", "record_read"]
