"""An officer's report of some days, or of one person."""

from datetime import timedelta
from pathlib import Path

import pytest

from consent_ledger.audit.page import ReportOptions, report_page
from consent_ledger.audit.registry import new_story
from consent_ledger.audit.selection import Selection
from consent_ledger.audit.verify import verify_export
from consent_ledger.errors import SelectionInvalid
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.reading_bodies import RecordReadBody
from consent_ledger.proofs.trust_policy import TrustPolicy
from presentation.formats import local
from tests.support.clock import START
from tests.support.ledgers import grant_of, new_ledger, new_register

DAY = local(START).date()


def reading(person: str | None, staff: str) -> NewEntry:
    people = None if person else 7
    body = RecordReadBody(person_ref=person, people=people, part="record", professional=staff, case_access=None)
    return NewEntry(EntryType.RECORD_READ, body)


def story_of(folder: Path, chosen: Selection) -> tuple[dict[str, int], str]:
    """Return the entries that the report counts, by type, and its page."""
    ledger = new_ledger()
    register = new_register(ledger)
    consent = register.grant(grant_of("person-1"), START)
    ledger.append([reading("person-1", "staff-1"), reading("person-2", "staff-2")], START)
    ledger.append([reading(None, "staff-3")], START + timedelta(days=30))
    register.withdraw(consent.consent_id, START + timedelta(days=40))
    export_ledger(ledger, folder)
    story = new_story()
    report = verify_export(folder, TrustPolicy.of_log(ledger.vkey), listener=chosen.listener(story.entry))
    assert report.passed
    assert report.size == 5  # the checks are over all of it
    return dict(story.by_type), report_page(report, story, ReportOptions(own_policy=False, selection=chosen))


def test_without_a_choice_everything_is_told(tmp_path: Path) -> None:
    counts, page = story_of(tmp_path / "export", Selection())
    assert counts["record_read"] == 3
    assert "Solo se muestra" not in page


def test_of_a_person_their_entries_those_of_their_consents_and_the_readings_of_many(tmp_path: Path) -> None:
    counts, page = story_of(tmp_path / "export", Selection(person="person-1"))
    assert counts == {"consent_given": 1, "record_read": 2, "consent_withdrawn": 1}
    assert "staff-1" in page
    assert "staff-3" in page
    assert "staff-2" not in page
    assert "Solo se muestra lo anotado sobre person-1" in page


def test_of_some_days_only_what_was_recorded_on_them(tmp_path: Path) -> None:
    since = DAY + timedelta(days=20)
    counts, page = story_of(tmp_path / "export", Selection(since=since, until=DAY + timedelta(days=35)))
    assert counts == {"record_read": 1}
    assert "staff-3" in page
    assert "staff-1" not in page


@pytest.mark.parametrize(("since", "until"), [("1 March", ""), ("", "2026-13-01"), ("2026-03-02", "2026-03-01")])
def test_days_that_are_none_are_refused(since: str, until: str) -> None:
    with pytest.raises(SelectionInvalid):
        Selection.read(since, until, "")
