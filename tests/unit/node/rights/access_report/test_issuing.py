import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from typing_extensions import override

from consent_ledger.errors import ExportUnusable
from consent_ledger.log.bodies import AccessReportBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.receipts.receipt import load_policy, verify_receipt
from node.consents.consents import ScopeInput
from node.fetch.asking import Asking, question_of
from node.ledger.own import own_ledger
from node.people.errors import PersonUnknown
from node.people.store import people_store
from node.referrals.referrals import NewReferral
from node.rights.access_report.collecting import person_entries
from node.rights.access_report.issuing import IssuedReport
from node.rights.access_report.text import issued_text
from node.wiring import Node
from policies.errors import UnknownTerm
from service.errors import PeerUnreachable
from tests.support.exchange import OTHER_PERSON, PERSON, STRANGER, grant, hold, person_record
from tests.support.postoffice import PostOffice, audit, faults


def fetch(office: PostOffice, asker: str, holder: str) -> None:
    node = office.network.nodes[asker]
    Asking(node.context, node.peer_ledgers, node.transport.call).fetch(
        PERSON, question_of(node.context, "casework"), [holder]
    )


def issue(office: PostOffice, entity: str = "town", folder: str = "", **options: Any) -> IssuedReport:
    out = office.network.root / folder if folder else None
    return office.network.nodes[entity].access_reports.issue(PERSON, out, **options)


def told(issued: IssuedReport) -> dict[str, list[dict[str, Any]] | str]:
    """Return what each other entity told, or the code of why it did not."""
    return {
        part["entity"]: part["accesses"] if part["answered"] else part["error"]["code"]
        for part in issued.document["others"]
    }


def entries_of(node: Node, kind: EntryType) -> list[AccessReportBody]:
    with node.context.snapshot() as session:
        person = people_store(node.context, session).get_by_document(PERSON).person_id
        found = [entry.body for entry in person_entries(node.context, session, person) if entry.kind is kind]
    return [body for body in found if isinstance(body, AccessReportBody)]


def test_the_person_learns_who_looked_when_what_for_and_at_what(office: PostOffice) -> None:
    grant(office.network.nodes["town"], "ngo")
    fetch(office, "ngo", "town")
    fetch(office, "shelter", "town")
    issued = issue(office, ask=False)
    by_type = {entry["type"]: entry["says"] for entry in issued.document["entries"]}
    assert by_type["release"]["recipient"] == "ngo"
    assert by_type["release"]["purpose"] == "casework"
    assert "work.status" in by_type["release"]["fields"]
    assert by_type["refusal"]["recipient"] == "shelter"
    assert by_type["consent_given"]["recipients"] == ["ngo"]


def test_what_this_entity_asked_of_others_is_in_it(office: PostOffice) -> None:
    grant(office.network.nodes["county"], "town")
    fetch(office, "town", "county")
    (entry,) = issue(office, ask=False).document["entries"]
    assert (entry["type"], entry["says"]["holder"], entry["says"]["outcome"]) == (
        "release_received",
        "county",
        "released",
    )
    assert "professional" not in entry["says"]


def test_every_entry_has_a_proof_that_the_auditor_verifies(office: PostOffice) -> None:
    town = office.network.nodes["town"]
    grant(town, "ngo")
    fetch(office, "ngo", "town")
    issued = issue(office, folder="report", ask=False)
    folder = office.network.root / "report"
    policy = load_policy(folder / "trust.policy")
    for entry in issued.document["entries"]:
        report = verify_receipt(folder / entry["proof"], policy)
        assert (report.index, report.leaf.type) == (entry["index"], entry["type"])
    assert hashlib.sha256((folder / "report.json").read_bytes()).hexdigest() == issued.sha256
    (noted,) = entries_of(town, EntryType.ACCESS_REPORT_ISSUED)
    assert (noted.report_sha256, noted.asked_by, noted.staff_reason) == (issued.sha256, None, None)
    assert faults(audit(town, office.network.root / "export")) == []


def test_another_person_is_in_nobody_elses_report(office: PostOffice) -> None:
    town = office.network.nodes["town"]
    hold(town, person_record(OTHER_PERSON))
    grant(town, "ngo", document=OTHER_PERSON)
    assert issue(office, ask=False).document["entries"] == []


def test_neither_name_nor_document_is_in_what_is_handed_out(office: PostOffice) -> None:
    grant(office.network.nodes["town"], "ngo")
    fetch(office, "ngo", "town")
    issue(office, folder="report")
    handed = b"".join(path.read_bytes() for path in (office.network.root / "report").rglob("*") if path.is_file())
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


def test_the_pages_run_nothing_load_nothing_and_show_no_markup_of_others(office: PostOffice) -> None:
    network = office.network
    grant(network.nodes["town"], "ngo")
    network.change("ngo", name="<script>alert(1)</script>")
    fetch(office, "ngo", "town")
    issue(office, folder="report")
    for language in ("es", "en"):
        page = (network.root / f"report/access.{language}.html").read_text(encoding="utf-8")
        outline = _Outline()
        outline.feed(page)
        assert not {"script", "link", "img", "iframe"} & set(outline.tags)
        assert outline.links == []
        assert "&lt;script&gt;" in page
        assert f'<html lang="{language}">' in page
        assert "style-src 'sha256-" in page
        assert 'style="' not in page


def test_the_pages_print_across_with_local_times(office: PostOffice) -> None:
    grant(office.network.nodes["town"], "ngo")
    fetch(office, "ngo", "town")
    issue(office, folder="report", ask=False)
    page = (office.network.root / "report/access.es.html").read_text(encoding="utf-8")
    assert "@page{size:A4 landscape}" in page
    times = re.findall(r'<time datetime="([^"]+)">([^<]+)</time>', page)
    assert times
    assert all(machine.endswith("+00:00") and re.search(r"\(\+0[12]:00\)$", shown) for machine, shown in times)


def test_a_holder_tells_what_concerns_the_asker_and_nothing_of_who_else_knows_the_person(office: PostOffice) -> None:
    county = office.network.nodes["county"]
    grant(county, "town", "ngo", fields=("person.sex", "work.status"))
    grant(county, "shelter")
    for asker in ("town", "ngo", "shelter"):
        fetch(office, asker, "county")
    issued = issue(office)
    accesses = told(issued)["county"]
    assert isinstance(accesses, list)
    # The shelter's consent does not name the town; the ngo's access is told without its name.
    assert [access["entity"] for access in accesses] == [None, "town"]
    assert all(set(access["fields"]) == {"person.sex", "work.status"} for access in accesses)
    assert "shelter" not in json.dumps(issued.document)
    (noted,) = entries_of(county, EntryType.ACCESS_REPORT_ISSUED)
    assert noted.asked_by == "town"
    assert issued.document["complete"]


def test_only_entities_that_are_parties_already_are_asked(office: PostOffice) -> None:
    grant(office.network.nodes["town"], "ngo")
    grant(office.network.nodes["town"], "bank", purposes=("referral",))
    office.carried.clear()
    assert set(told(issue(office))) == {"ngo"}
    assert len(office.carried) == 2
    assert told(issue(office, "county")) == {}


def test_nobody_known_nothing_consented_and_nothing_to_tell_look_the_same(office: PostOffice) -> None:
    network = office.network
    grant(network.nodes["town"], "ngo", "county")
    grant(network.nodes["county"], "shelter")
    fetch(office, "shelter", "county")
    office.carried.clear()
    assert told(issue(office)) == {"county": [], "ngo": []}  # the county knows the person, the ngo does not
    bodies = [json.loads(each.payload)["body"] for each in office.carried if b"message_sha256" in each.payload]
    assert bodies[0] == bodies[1]
    assert entries_of(network.nodes["county"], EntryType.ACCESS_REPORT_ISSUED) == []


def test_who_does_not_answer_is_shown_and_takes_nothing_from_the_rest(office: PostOffice) -> None:
    town = office.network.nodes["town"]
    grant(town, "ngo", "county")
    fetch(office, "ngo", "town")
    office.away.add("county")
    issued = issue(office, folder="report")
    assert told(issued) == {"county": "peer_unreachable", "ngo": []}
    assert not issued.document["complete"]
    assert [entry["type"] for entry in issued.document["entries"]] == ["consent_given", "release"]
    page = (office.network.root / "report/access.es.html").read_text(encoding="utf-8")
    assert "Respuesta parcial" in page
    assert f"Entidad county no ha contestado. {PeerUnreachable.sentence.in_language('es')}" in page
    assert "parcial" in issued_text(issued, None, lang="es")


def with_professional(node: Node) -> None:
    """Note who of the staff asked, as an entity that keeps case teams does."""
    with node.context.transaction() as session:
        person = people_store(node.context, session).get_by_document(PERSON).person_id
        (entry,) = [
            each for each in person_entries(node.context, session, person) if each.kind is EntryType.RELEASE_RECEIVED
        ]
        body = entry.body.model_copy(update={"professional": "trab-7"})
        own_ledger(node.context, session).append([NewEntry(EntryType.RELEASE_RECEIVED, body)], node.context.clock.now())


def test_staff_are_named_only_for_a_coded_reason_and_their_proofs_show_no_content_otherwise(office: PostOffice) -> None:
    town = office.network.nodes["town"]
    grant(office.network.nodes["county"], "town")
    fetch(office, "town", "county")
    with_professional(town)
    plain = issue(office, folder="plain", ask=False)
    folder = office.network.root / "plain"
    assert b"trab-7" not in b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    hidden = verify_receipt(folder / "proofs/1.tlog-proof", load_policy(folder / "trust.policy"))
    assert (hidden.body, hidden.leaf.type) == (None, EntryType.RELEASE_RECEIVED)
    assert "staff" not in plain.document["entries"][1]
    named = issue(office, folder="named", ask=False, staff="lawfulness_doubted")
    assert named.document["entries"][1]["staff"] == "trab-7"
    page = (office.network.root / "named/access.en.html").read_text(encoding="utf-8")
    assert "trab-7" in page
    assert "There are signs that somebody looked without a reason" in page
    assert entries_of(town, EntryType.ACCESS_REPORT_ISSUED)[-1].staff_reason == "lawfulness_doubted"
    with pytest.raises(UnknownTerm):
        issue(office, ask=False, staff="curiosity")


def test_nothing_is_noted_when_the_report_cannot_be_written_or_nobody_has_the_document(office: PostOffice) -> None:
    town = office.network.nodes["town"]
    (office.network.root / "full").mkdir()
    (office.network.root / "full" / "something").write_text("x", encoding="utf-8")
    with pytest.raises(ExportUnusable):
        issue(office, folder="full", ask=False)
    with pytest.raises(PersonUnknown):
        town.access_reports.issue(STRANGER, ask=False)
    assert entries_of(town, EntryType.ACCESS_REPORT_ISSUED) == []


def test_referrals_and_decisions_are_told_in_words(office: PostOffice) -> None:
    network = office.network
    town, ngo = network.nodes["town"], network.nodes["ngo"]
    grant(town, "ngo", purposes=("referral",))
    referral = town.referrals.send(NewReferral(PERSON, "ngo", "job_guidance"))
    office.deliver()
    ngo.referrals.reject(referral.referral_id, "no_capacity")
    office.deliver()
    town.consents.withdraw(referral.consent_id)
    issue(office, folder="report", ask=False)
    page = (network.root / "report/access.es.html").read_text(encoding="utf-8")
    text = re.sub("<[^>]+>", " ", page)
    for words in (
        "Información y orientación laboral",
        "Rechazada (No hay plazas)",
        "lo retiró",
        "dio su consentimiento",
    ):
        assert words in text


def test_a_lying_holder_is_shown_as_not_answering(office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    grant(office.network.nodes["town"], "ngo")
    lie = {"time": "2026-03-02T09:00:00Z", "role": "juan_perez", "purpose": "casework", "fields": ["person.sex"]}
    honest = office.network.nodes["town"].outbox.ask

    def ask(*args: Any, **options: Any) -> Any:
        verified = honest(*args, **options)
        return replace(verified, reply=verified.reply.model_copy(update={"body": {"v": 1, "accesses": [lie]}}))

    monkeypatch.setattr(office.network.nodes["town"].outbox, "ask", ask)
    assert told(issue(office)) == {"ngo": "reply_malformed"}


def test_the_folder_is_its_owners_alone(office: PostOffice) -> None:
    issue(office, folder="report", ask=False)
    folder = office.network.root / "report"
    assert {oct(path.stat().st_mode & 0o777) for path in folder.rglob("*") if path.is_file()} == {"0o600"}
    assert {path.name for path in folder.iterdir()} == {
        "report.json",
        "access.es.html",
        "access.en.html",
        "proofs",
        "checkpoint",
        "trust.policy",
    }


def test_a_person_who_took_something_out_of_a_consent_reads_so(office: PostOffice) -> None:
    town = office.network.nodes["town"]
    consent = grant(town, "ngo", "shelter")
    town.consents.narrow(consent, ScopeInput(recipients=["ngo"]))
    issue(office, folder="report", ask=False)
    page = (office.network.root / "report/access.es.html").read_text(encoding="utf-8")
    assert "usted lo redujo" in page
    assert "usted lo renovó" not in page
