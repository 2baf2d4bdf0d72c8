import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typing_extensions import override

from consent_ledger.consents.register import ConsentRegister
from consent_ledger.errors import ExportUnusable, LedgerDamaged, PolicyMismatch, ProofError
from consent_ledger.log.actors import Actor, Guardian
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.receipt import verify_receipt
from tests.support.clock import START
from tests.support.ledgers import grant_of, new_ledger, new_register, releases
from tests.support.receipts import new_receipt

LABELS = {("person.birth_year", "es"): "Año de <nacimiento>", ("person.birth_year", "en"): "Year of birth"}


def label(term: str, language: str) -> str:
    return LABELS.get((term, language), term)


@pytest.fixture
def ledger() -> ConsentLedger:
    ledger = new_ledger()
    ledger.append(releases(3), START)
    return ledger


@pytest.fixture
def register(ledger: ConsentLedger) -> ConsentRegister:
    return new_register(ledger)


def test_a_receipt_verifies_with_only_the_trust_policy(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    view = register.grant(grant_of(), START)
    folder = new_receipt(ledger, view, tmp_path / "receipt", label=label)
    report = verify_receipt(folder / "consent.tlog-proof", TrustPolicy.of_log(ledger.vkey))
    assert (report.index, report.size, report.record_matches) == (3, 5, True)
    assert report.papers == ("consent.es.html", "consent.en.html")
    assert report.body is not None
    assert report.body["consent_id"] == view.consent_id
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "consent.es.html",
        "consent.en.html",
        "consent.jsonld",
        "consent.tlog-proof",
        "issue.tlog-proof",
        "trust.policy",
    }


def test_after_a_withdrawal_the_receipt_proves_both(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    view = register.grant(grant_of(), START)
    view = register.withdraw(view.consent_id, START)
    folder = new_receipt(ledger, view, tmp_path / "receipt", label=label)
    policy = TrustPolicy.of_log(ledger.vkey)
    assert verify_receipt(folder / "consent.tlog-proof", policy).leaf.type == "consent_given"
    assert verify_receipt(folder / "change.tlog-proof", policy).leaf.type == "consent_withdrawn"
    assert "Retirado" in (folder / "consent.es.html").read_text(encoding="utf-8")


def test_a_changed_record_is_noticed(tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister) -> None:
    folder = new_receipt(ledger, register.grant(grant_of(), START), tmp_path / "receipt", label=label)
    record = folder / "consent.jsonld"
    record.write_text(record.read_text(encoding="utf-8").replace("ong-b", "ong-c"), encoding="utf-8")
    with pytest.raises(ProofError, match=r"consent\.jsonld"):
        verify_receipt(folder / "consent.tlog-proof", TrustPolicy.of_log(ledger.vkey))


def test_the_receipt_of_another_ledger_is_not_believed(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    folder = new_receipt(ledger, register.grant(grant_of(), START), tmp_path / "receipt", label=label)
    with pytest.raises(PolicyMismatch, match=r"trust policy"):
        verify_receipt(folder / "consent.tlog-proof", TrustPolicy.of_log(new_ledger().vkey))


def test_a_changed_page_is_noticed_and_named(tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister) -> None:
    folder = new_receipt(ledger, register.grant(grant_of(), START), tmp_path / "receipt")
    page = folder / "consent.es.html"
    page.write_text(page.read_text(encoding="utf-8").replace("ong-b", "ong-c"), encoding="utf-8")
    with pytest.raises(ProofError, match=r"consent\.es\.html"):
        verify_receipt(folder / "consent.tlog-proof", TrustPolicy.of_log(ledger.vkey))


def test_pages_without_the_proof_of_their_issue_are_not_believed(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    folder = new_receipt(ledger, register.grant(grant_of(), START), tmp_path / "receipt")
    (folder / "issue.tlog-proof").unlink()
    with pytest.raises(ProofError, match=r"issue\.tlog-proof"):
        verify_receipt(folder / "consent.tlog-proof", TrustPolicy.of_log(ledger.vkey))


def test_pages_of_another_consent_are_not_believed(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    folder = new_receipt(ledger, register.grant(grant_of(), START), tmp_path / "receipt")
    other = new_receipt(ledger, register.grant(grant_of(), START), tmp_path / "other")
    for name in ("consent.es.html", "consent.en.html", "issue.tlog-proof"):
        (folder / name).write_bytes((other / name).read_bytes())
    with pytest.raises(ProofError, match="another receipt"):
        verify_receipt(folder / "consent.tlog-proof", TrustPolicy.of_log(ledger.vkey))


def test_a_receipt_is_not_written_over_something_else(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    view = register.grant(grant_of(), START)
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(ExportUnusable):
        new_receipt(ledger, view, tmp_path, label=label)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_erased_consent_has_no_receipt_and_leaves_no_folder(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    view = register.grant(grant_of(), START)
    ledger.erase_bodies([view.given_index], "gdpr-17", START)
    with pytest.raises(LedgerDamaged, match="erased"):
        new_receipt(ledger, view, tmp_path / "receipt", label=label)
    assert not list(tmp_path.iterdir())


class Outline(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    @override
    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", ["Año de <nacimiento>", "puede retirar", "Dado", "ong-b"]),
        ("en", ["Year of birth", "can withdraw", "Given"]),
    ],
)
def test_the_page_says_what_was_agreed_in_the_persons_language(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister, language: str, words: list[str]
) -> None:
    folder = new_receipt(ledger, register.grant(grant_of(), START), tmp_path / "receipt", label=label)
    page = Outline()
    page.feed((folder / f"consent.{language}.html").read_text(encoding="utf-8"))
    for word in words:
        assert word.lower() in page.text.lower()
    assert not {"script", "link", "img", "iframe"} & set(page.tags)


def test_the_record_is_json_ld_with_the_fields_of_27560(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    guardian = Guardian(relation="mother", reference="g1")
    grant = grant_of().model_copy(update={"acted_by": Actor.GUARDIAN, "guardian": guardian})
    folder = new_receipt(ledger, register.grant(grant, START), tmp_path / "receipt", label=label)
    record = json.loads((folder / "consent.jsonld").read_text(encoding="utf-8"))
    assert record["@type"] == "dpv:ConsentRecord"
    assert record["dct:conformsTo"].endswith("#record-eu-gdpr")
    process, event = record["dpv:hasProcess"], record["dpv:hasConsentStatus"]
    mandatory = {"dpv:hasDataController", "dpv:hasPurpose", "dpv:hasPersonalData", "dpv:hasRecipient"}
    mandatory |= {"dpv:hasLegalBasis", "dpv:hasNotice", "dpv:hasStorageCondition", "dpv:hasJurisdiction"}
    mandatory |= {"dpv:hasConsentControl", "dpv:hasDuration", "dpv:hasProcessing", "dpv:hasCollectionMethod"}
    mandatory |= {"dpv:hasLocationRestriction", "dpv:hasRight", "dpv:hasAuthority"}
    assert mandatory <= set(process)
    assert event["@type"] == ["dpv:ConsentGiven", "dpv:ExpressedConsent"]
    assert event["dpv:isIndicatedBy"]["@type"] == "dpv:Guardian"
