import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typing_extensions import override

from consent_ledger.consents.register import ConsentRegister
from consent_ledger.errors import ExportUnusable, LedgerDamaged, ProofError
from consent_ledger.log.bodies import Actor, Guardian
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.receipt import verify_receipt, write_receipt
from tests.support.clock import START
from tests.support.ledgers import grant_of, new_ledger, new_register, releases
from trust.errors import SignatureInvalid

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
    folder = write_receipt(ledger, view, tmp_path / "receipt", label=label, pdf=False)
    report = verify_receipt(folder / "consent.tlog-proof", TrustPolicy.of_log(ledger.vkey))
    assert (report.index, report.size, report.record_matches) == (3, 4, True)
    assert report.body is not None
    assert report.body["consent_id"] == view.consent_id
    names = {path.name for path in folder.iterdir()}
    assert names == {"consent.es.html", "consent.en.html", "consent.jsonld", "consent.tlog-proof", "trust.policy"}


def test_after_a_withdrawal_the_receipt_proves_both(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    view = register.grant(grant_of(), START)
    view = register.withdraw(view.consent_id, START)
    folder = write_receipt(ledger, view, tmp_path / "receipt", label=label, pdf=False)
    policy = TrustPolicy.of_log(ledger.vkey)
    assert verify_receipt(folder / "consent.tlog-proof", policy).leaf.type == "consent_given"
    assert verify_receipt(folder / "change.tlog-proof", policy).leaf.type == "consent_withdrawn"
    assert "Retirado" in (folder / "consent.es.html").read_text(encoding="utf-8")


def test_a_changed_record_is_noticed(tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister) -> None:
    folder = write_receipt(ledger, register.grant(grant_of(), START), tmp_path / "receipt", label=label, pdf=False)
    record = folder / "consent.jsonld"
    record.write_text(record.read_text(encoding="utf-8").replace("ong-b", "ong-c"), encoding="utf-8")
    with pytest.raises(ProofError, match=r"consent\.jsonld"):
        verify_receipt(folder / "consent.tlog-proof", TrustPolicy.of_log(ledger.vkey))


def test_the_receipt_of_another_ledger_is_not_believed(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    folder = write_receipt(ledger, register.grant(grant_of(), START), tmp_path / "receipt", label=label, pdf=False)
    with pytest.raises(SignatureInvalid):
        verify_receipt(folder / "consent.tlog-proof", TrustPolicy.of_log(new_ledger().vkey))


def test_a_receipt_is_not_written_over_something_else(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    view = register.grant(grant_of(), START)
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(ExportUnusable):
        write_receipt(ledger, view, tmp_path, label=label, pdf=False)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_erased_consent_has_no_receipt_and_leaves_no_folder(
    tmp_path: Path, ledger: ConsentLedger, register: ConsentRegister
) -> None:
    view = register.grant(grant_of(), START)
    ledger.erase_bodies([view.given_index], "gdpr-17", START)
    with pytest.raises(LedgerDamaged, match="erased"):
        write_receipt(ledger, view, tmp_path / "receipt", label=label, pdf=False)
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
    folder = write_receipt(ledger, register.grant(grant_of(), START), tmp_path / "receipt", label=label, pdf=False)
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
    folder = write_receipt(ledger, register.grant(grant, START), tmp_path / "receipt", label=label, pdf=False)
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
