"""No access report is handed out, shown or told before the ledger says that it was."""

from pathlib import Path

import pytest

from consent_ledger.log.bodies import AccessReportBody
from consent_ledger.log.entry import EntryType
from consent_ledger.log.ledger import ConsentLedger
from node.ledger.own import own_ledger
from node.people.errors import PersonUnknown
from node.people.store import people_store
from node.rights.access_report.collecting import person_entries
from node.rights.access_report.issuing import AccessReports
from records_exchange.disclosed_accesses import ACCESS_REPORT
from service.errors import PeerUnreachable, StorageFull
from tests.support.one_side import OneSide
from tests.support.parts import grant
from tests.support.people import PERSON


def reports(side: OneSide) -> AccessReports:
    return AccessReports(side.context, side.outbox)


def noted(side: OneSide) -> list[AccessReportBody]:
    with side.context.snapshot() as session:
        person = people_store(side.context, session).get_by_document(PERSON).person_id
        bodies = [
            each.body
            for each in person_entries(side.context, session, person)
            if each.kind is EntryType.ACCESS_REPORT_ISSUED
        ]
    return [body for body in bodies if isinstance(body, AccessReportBody)]


@pytest.mark.parametrize("written", [True, False], ids=["written", "shown"])
def test_a_report_that_cannot_be_noted_is_not_handed_out(town: OneSide, tmp_path: Path, *, written: bool) -> None:
    """The person is erased while other entities are asked for their part: there is nobody to note it for."""
    grant(town.context, "ngo")
    folder = tmp_path / "report"
    town.peers.before = lambda: town.erasures.erase_person(PERSON, "eu-gdpr:A17-1-b")
    with pytest.raises(PersonUnknown):
        reports(town).issue(PERSON, folder if written else None)
    assert len(town.peers.sent) == 1
    assert [path.name for path in tmp_path.iterdir() if "report" in path.name] == []


@pytest.mark.parametrize("written", [True, False], ids=["written", "shown"])
def test_a_report_is_noted_with_its_hash_whether_it_is_written_or_only_shown(
    town: OneSide, tmp_path: Path, *, written: bool
) -> None:
    grant(town.context, "ngo")
    issued = reports(town).issue(PERSON, tmp_path / "report" if written else None, ask=False)
    (body,) = noted(town)
    assert (body.report_sha256, body.asked_by) == (issued.sha256, None)
    with town.context.snapshot() as session:
        assert issued.index == own_ledger(town.context, session).size() - 1


def test_what_another_entity_is_told_is_noted_before_it_leaves(county: OneSide) -> None:
    grant(county.context, "town")
    assert county.shares("town", ("work.status",))
    reply = county.hears("town", ACCESS_REPORT, {}, PERSON)
    assert len(reply.body["accesses"]) == 1
    assert [body.asked_by for body in noted(county)] == ["town"]


def test_nothing_is_told_that_cannot_be_noted(county: OneSide, monkeypatch: pytest.MonkeyPatch) -> None:
    grant(county.context, "town")
    assert county.shares("town", ("work.status",))

    def full(*_: object, **__: object) -> None:
        raise StorageFull("no space left")

    monkeypatch.setattr(ConsentLedger, "append", full)
    with pytest.raises(StorageFull):
        county.hears("town", ACCESS_REPORT, {}, PERSON)


def test_a_report_of_the_person_names_the_reports_before_it(town: OneSide) -> None:
    first = reports(town).issue(PERSON, ask=False)
    second = reports(town).issue(PERSON, ask=False)
    assert [each["index"] for each in second.document["entries"]][-1] == first.index


def test_an_entity_that_cannot_be_reached_keeps_no_report_from_being_noted(town: OneSide) -> None:
    grant(town.context, "ngo")
    town.peers.away.add("ngo")
    issued = reports(town).issue(PERSON)
    (part,) = issued.report.others
    assert isinstance(part.error, PeerUnreachable)
    assert [body.report_sha256 for body in noted(town)] == [issued.sha256]
