import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from consent_ledger.errors import ExportUnusable, ProofError
from consent_ledger.log.bodies import AccessReportBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.receipts.receipt import load_policy, verify_receipt
from node.cards.cards import CardInput, Cards
from node.consents.consents import ScopeInput
from node.ledger.own import own_ledger
from node.people.errors import PersonUnknown
from node.people.store import people_store
from node.referrals.referrals import NewReferral, Referrals
from node.rights.access_report.collecting import person_entries
from node.rights.access_report.issuing import AccessReports, IssuedReport
from node.rights.access_report.text import issued_text
from policies.card_ends import CardEnd
from policies.catalogue import load_catalogue
from policies.errors import UnknownTerm
from records_exchange.disclosed_accesses import ACCESS_REPORT
from tests.support.exports import audit, faults
from tests.support.one_side import OneSide
from tests.support.origin_peer import OriginPeer
from tests.support.parts import consents_of, grant, hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record
from tests.support.referral_steps import step_of
from trust.parties import EntityKind

MINIMUM = tuple(spec.id for spec in load_catalogue().minimum())


def reports(side: OneSide) -> AccessReports:
    return AccessReports(side.context, side.outbox)


def issue(side: OneSide, folder: str = "", **options: Any) -> IssuedReport:
    return reports(side).issue(PERSON, side.context.home.parent / folder if folder else None, **options)


def receive_from_county(town: OneSide) -> None:
    """Fetch something of the peer ``county``, which has a consent."""
    county = OriginPeer(town, "county")
    county.shares_under(county.give(county.terms(recipients=("town",))), {"work.status": "unemployed"})
    assert town.fetch("county", ()).replies[0].released


def told(issued: IssuedReport) -> dict[str, list[dict[str, Any]] | str]:
    """Return what each other entity told, or the code of why it did not."""
    return {
        part["entity"]: part["accesses"] if part["answered"] else part["error"]["code"]
        for part in issued.document["others"]
    }


def entries_of(side: OneSide, kind: EntryType) -> list[AccessReportBody]:
    with side.context.snapshot() as session:
        person = people_store(side.context, session).get_by_document(PERSON).person_id
        found = [entry.body for entry in person_entries(side.context, session, person) if entry.kind is kind]
    return [body for body in found if isinstance(body, AccessReportBody)]


def test_the_person_learns_who_looked_when_what_for_and_at_what(town: OneSide) -> None:
    grant(town.context, "ngo")
    town.shares("ngo", MINIMUM)
    town.shares("shelter", MINIMUM)
    issued = issue(town, ask=False)
    by_type = {entry["type"]: entry["says"] for entry in issued.document["entries"]}
    assert by_type["release"]["recipient"] == "ngo"
    assert by_type["release"]["purpose"] == "casework"
    assert "work.status" in by_type["release"]["fields"]
    assert by_type["refusal"]["recipient"] == "shelter"
    assert by_type["consent_given"]["recipients"] == ["ngo"]


def test_what_this_entity_asked_of_others_is_in_it(town: OneSide) -> None:
    receive_from_county(town)
    (entry,) = issue(town, ask=False).document["entries"]
    assert (entry["type"], entry["says"]["holder"], entry["says"]["outcome"]) == (
        "release_received",
        "county",
        "released",
    )
    assert "professional" not in entry["says"]


def test_every_entry_has_a_proof_that_the_auditor_verifies(town: OneSide) -> None:
    grant(town.context, "ngo")
    town.shares("ngo", MINIMUM)
    issued = issue(town, folder="report", ask=False)
    folder = town.context.home.parent / "report"
    policy = load_policy(folder / "trust.policy")
    for entry in issued.document["entries"]:
        report = verify_receipt(folder / entry["proof"], policy)
        assert (report.index, report.leaf.type) == (entry["index"], entry["type"])
    assert hashlib.sha256((folder / "report.json").read_bytes()).hexdigest() == issued.sha256
    (noted,) = entries_of(town, EntryType.ACCESS_REPORT_ISSUED)
    assert (noted.report_sha256, noted.asked_by, noted.staff_reason) == (issued.sha256, None, None)
    assert faults(audit(town.context)) == []


def test_another_person_is_in_nobody_elses_report(town: OneSide) -> None:
    hold(town.context, person_record(OTHER_PERSON))
    grant(town.context, "ngo", document=OTHER_PERSON)
    assert issue(town, ask=False).document["entries"] == []


def test_neither_name_nor_document_is_in_what_is_handed_out(town: OneSide) -> None:
    grant(town.context, "ngo")
    town.shares("ngo", MINIMUM)
    issue(town, folder="report")
    handed = b"".join(path.read_bytes() for path in (town.context.home.parent / "report").rglob("*") if path.is_file())
    assert not [secret for secret in (b"00000000", b"Ana Ficticia", b"1980-05-17", b"Texto libre") if secret in handed]


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in {"src", "href"}]


def test_the_pages_run_nothing_load_nothing_and_show_no_markup_of_others(town: OneSide) -> None:
    grant(town.context, "ngo")
    town.directory.change("ngo", name="<script>alert(1)</script>")
    town.shares("ngo", MINIMUM)
    issue(town, folder="report")
    for language in ("es", "en"):
        page = (town.context.home.parent / f"report/access.{language}.html").read_text(encoding="utf-8")
        outline = _Outline()
        outline.feed(page)
        assert not {"script", "link", "img", "iframe"} & set(outline.tags)
        assert outline.links == []
        assert "&lt;script&gt;" in page
        assert f'<html lang="{language}">' in page
        assert "style-src 'sha256-" in page
        assert 'style="' not in page


def test_the_pages_print_across_with_local_times(town: OneSide) -> None:
    grant(town.context, "ngo")
    town.shares("ngo", MINIMUM)
    issue(town, folder="report", ask=False)
    page = (town.context.home.parent / "report/access.es.html").read_text(encoding="utf-8")
    assert "@page{size:A4 landscape}" in page
    times = re.findall(r'<time datetime="([^"]+)">([^<]+)</time>', page)
    assert times
    assert all(machine.endswith("+00:00") and re.search(r"\(\+0[12]:00\)$", shown) for machine, shown in times)


def test_a_holder_tells_what_concerns_the_asker_and_nothing_of_who_else_knows_the_person(county: OneSide) -> None:
    grant(county.context, "town", "ngo", fields=("person.sex", "work.status"))
    grant(county.context, "shelter")
    for asker in ("town", "ngo", "shelter"):
        assert county.shares(asker, MINIMUM)
    told = county.hears("town", ACCESS_REPORT, {}, PERSON)
    accesses = told.body["accesses"]
    # The shelter's consent does not name the town; the ngo's access is told without its name.
    assert [access["entity"] for access in accesses] == [None, "town"]
    assert all(set(access["fields"]) == {"person.sex", "work.status"} for access in accesses)
    assert "shelter" not in json.dumps(told.body)
    (noted,) = entries_of(county, EntryType.ACCESS_REPORT_ISSUED)
    assert noted.asked_by == "town"


def test_what_a_holder_tells_is_in_the_report(town: OneSide) -> None:
    receive_from_county(town)
    access = {"time": "2026-03-02T09:00:00Z", "role": "entity_technician", "purpose": "casework"}
    body = {"v": 1, "accesses": [access | {"entity": None, "fields": ["person.sex"]}]}
    town.peers["county"].change_reply = lambda reply: reply.model_copy(update={"body": body})
    issued = issue(town)
    accesses = told(issued)["county"]
    assert isinstance(accesses, list)
    assert [(access["entity"], list(access["fields"])) for access in accesses] == [(None, ["person.sex"])]
    assert issued.document["complete"]


def test_only_entities_that_are_parties_already_are_asked(town: OneSide, county: OneSide) -> None:
    grant(town.context, "ngo")
    grant(town.context, "bank", purposes=("referral",))
    assert set(told(issue(town))) == {"ngo"}
    assert len(town.peers.sent) == 1
    assert told(issue(county)) == {}
    assert county.peers.sent == []


def test_nobody_known_nothing_consented_and_nothing_to_tell_look_the_same(county: OneSide, tmp_path: Path) -> None:
    grant(county.context, "shelter")
    assert county.shares("shelter", MINIMUM)
    stranger = OneSide(tmp_path, "ngo", {"town": EntityKind.PUBLIC})  # the county knows the person, the ngo does not
    replies = [side.hears("town", ACCESS_REPORT, {}, PERSON) for side in (county, stranger)]
    assert replies[0].body == replies[1].body
    assert replies[0].body["accesses"] == []
    assert entries_of(county, EntryType.ACCESS_REPORT_ISSUED) == []
    stranger.context.close()


def test_whoever_has_nothing_to_tell_is_shown_as_having_answered(town: OneSide) -> None:
    grant(town.context, "ngo", "county")
    assert told(issue(town)) == {"county": [], "ngo": []}


@pytest.mark.parametrize("name", ["report.json", "access.es.html", "access.en.html"])
def test_the_files_of_a_report_are_those_that_were_issued(town: OneSide, name: str) -> None:
    grant(town.context, "ngo")
    issue(town, folder="report", ask=False)
    folder = town.context.home.parent / "report"
    policy = load_policy(folder / "trust.policy")
    found = verify_receipt(folder / "issue.tlog-proof", policy)
    assert found.papers == ("report.json", "access.es.html", "access.en.html")
    assert found.leaf.type is EntryType.ACCESS_REPORT_ISSUED
    changed = (folder / name).read_bytes().replace(b"ngo", b"oth")
    (folder / name).write_bytes(changed + b" ")
    with pytest.raises(ProofError):
        verify_receipt(folder / "issue.tlog-proof", policy)


def test_the_proof_of_one_report_does_not_vouch_for_the_pages_of_another(town: OneSide) -> None:
    issue(town, folder="first", ask=False)
    grant(town.context, "ngo")
    issue(town, folder="second", ask=False)
    root = town.context.home.parent
    (root / "second/issue.tlog-proof").write_bytes((root / "first/issue.tlog-proof").read_bytes())
    with pytest.raises(ProofError):
        verify_receipt(root / "second/issue.tlog-proof", load_policy(root / "second/trust.policy"))


def test_the_person_reads_of_their_cards_and_staff_stay_unnamed(town: OneSide) -> None:
    cards = Cards(town.context)
    first = cards.issue(CardInput(PERSON, 3, professional="trab-7")).card
    cards.block(first.serial, CardEnd.ASKED, "trab-8")
    plain = issue(town, folder="plain", ask=False)
    assert [entry["type"] for entry in plain.document["entries"]] == ["card_issued", "card_blocked"]
    folder = town.context.home.parent / "plain"
    assert not any(b"trab-" in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    page = (folder / "access.es.html").read_text(encoding="utf-8")
    for words in (first.serial, "se le dio, con 3 códigos", "se bloqueó: lo pidió la persona"):
        assert words in page
    issue(town, folder="named", ask=False, staff="lawfulness_doubted")
    named = (town.context.home.parent / "named/access.es.html").read_text(encoding="utf-8")
    assert "trab-7" in named
    assert "trab-8" in named


def test_who_does_not_answer_is_shown_and_takes_nothing_from_the_rest(town: OneSide) -> None:
    grant(town.context, "ngo", "county")
    town.shares("ngo", MINIMUM)
    town.peers.away.add("county")
    issued = issue(town, folder="report")
    assert told(issued) == {"county": "peer_unreachable", "ngo": []}
    assert not issued.document["complete"]
    assert [entry["type"] for entry in issued.document["entries"]] == ["consent_given", "release"]
    page = (town.context.home.parent / "report/access.es.html").read_text(encoding="utf-8")
    assert "Respuesta parcial" in page
    assert "No hay respuesta de Entidad county: no se ha llegado a ella: no lo ha recibido." in page
    assert "parcial" in issued_text(issued, None, lang="es")


def with_professional(side: OneSide) -> None:
    """Note who of the staff asked, as an entity that keeps case teams does."""
    with side.context.transaction() as session:
        person = people_store(side.context, session).get_by_document(PERSON).person_id
        (entry,) = [
            each for each in person_entries(side.context, session, person) if each.kind is EntryType.RELEASE_RECEIVED
        ]
        body = entry.body.model_copy(update={"professional": "trab-7"})
        own_ledger(side.context, session).append([NewEntry(EntryType.RELEASE_RECEIVED, body)], side.context.clock.now())


def test_staff_are_named_only_for_a_coded_reason_and_their_proofs_show_no_content_otherwise(town: OneSide) -> None:
    receive_from_county(town)
    with_professional(town)
    plain = issue(town, folder="plain", ask=False)
    folder = town.context.home.parent / "plain"
    assert b"trab-7" not in b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    hidden = verify_receipt(folder / "proofs/1.tlog-proof", load_policy(folder / "trust.policy"))
    assert (hidden.body, hidden.leaf.type) == (None, EntryType.RELEASE_RECEIVED)
    assert "staff" not in plain.document["entries"][1]
    named = issue(town, folder="named", ask=False, staff="lawfulness_doubted")
    assert named.document["entries"][1]["staff"] == "trab-7"
    page = (town.context.home.parent / "named/access.en.html").read_text(encoding="utf-8")
    assert "trab-7" in page
    assert "There are signs that somebody looked without a reason" in page
    assert entries_of(town, EntryType.ACCESS_REPORT_ISSUED)[-1].staff_reason == "lawfulness_doubted"
    with pytest.raises(UnknownTerm):
        issue(town, ask=False, staff="curiosity")


def test_nothing_is_noted_when_the_report_cannot_be_written_or_nobody_has_the_document(town: OneSide) -> None:
    (town.context.home.parent / "full").mkdir()
    (town.context.home.parent / "full" / "something").write_text("x", encoding="utf-8")
    with pytest.raises(ExportUnusable):
        issue(town, folder="full", ask=False)
    with pytest.raises(PersonUnknown):
        reports(town).issue(STRANGER, ask=False)
    assert entries_of(town, EntryType.ACCESS_REPORT_ISSUED) == []


def test_referrals_and_decisions_are_told_in_words(town: OneSide) -> None:
    grant(town.context, "ngo", purposes=("referral",))
    referral = Referrals(town.context).send(NewReferral(PERSON, "ngo", "job_guidance"))
    town.deliver()
    for number, step in enumerate((("receive", "sent"), ("reject", "received", "no_capacity")), 1):
        code = step[2] if len(step) > 2 else None
        town.takes("ngo", step_of(town, "ngo", referral.referral_id, step[0], step[1], number=number, code=code))
    town.consents.withdraw(referral.consent_id)
    issue(town, folder="report", ask=False)
    page = (town.context.home.parent / "report/access.es.html").read_text(encoding="utf-8")
    text = re.sub("<[^>]+>", " ", page)
    for words in (
        "Información y orientación laboral",
        "Rechazada (No hay plazas)",
        "lo retiró",
        "dio su consentimiento",
    ):
        assert words in text


def test_a_lying_holder_is_shown_as_not_answering(town: OneSide) -> None:
    grant(town.context, "ngo")
    lie = {"time": "2026-03-02T09:00:00Z", "role": "juan_perez", "purpose": "casework", "fields": ["person.sex"]}
    body = {"v": 1, "accesses": [lie]}
    town.peers["ngo"].change_reply = lambda reply: reply.model_copy(update={"body": body})
    assert told(issue(town)) == {"ngo": "reply_malformed"}


def test_the_folder_is_its_owners_alone(town: OneSide) -> None:
    issue(town, folder="report", ask=False)
    folder = town.context.home.parent / "report"
    assert {oct(path.stat().st_mode & 0o777) for path in folder.rglob("*") if path.is_file()} == {"0o600"}
    assert {path.name for path in folder.iterdir()} == {
        "issue.tlog-proof",
        "report.json",
        "access.es.html",
        "access.en.html",
        "proofs",
        "checkpoint",
        "trust.policy",
    }


def test_a_person_who_took_something_out_of_a_consent_reads_so(town: OneSide) -> None:
    consent = grant(town.context, "ngo", "shelter")
    consents_of(town.context).narrow(consent, ScopeInput(recipients=["ngo"]))
    issue(town, folder="report", ask=False)
    page = (town.context.home.parent / "report/access.es.html").read_text(encoding="utf-8")
    assert "usted lo redujo" in page
    assert "usted lo renovó" not in page
