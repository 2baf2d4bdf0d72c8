"""The holder's check of a signed form: of this person, over these terms, sealed for it, under a pinned authority."""

import base64
import hashlib
import sys
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest

from consent_ledger.log.actors import Actor
from node.consents.assurance.authorities import SignatureAuthorities
from node.consents.assurance.signature_verifier import (
    OTHER_NAMES,
    OTHER_SIGNER,
    OTHER_TERMS,
    SignatureVerifier,
)
from node.context import NodeContext
from node.people.store import people_store
from policies.assurance import Assurance
from records_exchange.assurance.evidence import ElectronicSignature, EvidenceContext, PersonCode, Proof, Unproved
from records_exchange.assurance.form_document import FormDocument
from records_exchange.assurance.form_pdf import form_pdf
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.sealing import Route, seal_paper
from tests.support.clock import START, FrozenClock
from tests.support.parts import NETWORK, TOWN_AND_NGO, SignedDirectory, context_of, hold, keys_of
from tests.support.people import OTHER_PERSON, PERSON, person_record
from tests.support.signatures import TestAuthority

TERMS = ConsentTerms(
    consent_id="ab" * 16,
    origin="ngo",
    fields=("household.size",),
    purposes=("casework",),
    recipients=("ngo",),
    holders=("town",),
    valid_from=START,
    valid_until=START + timedelta(days=30),
    agreed_at=START,
    acted_by=Actor.PERSON,
    guardian_relation=None,
    notice_sha256="cd" * 32,
)
NAMES = {"ngo": "Entidad ngo", "town": "Entidad town"}


@cache
def authority() -> TestAuthority:
    return TestAuthority()


def signed(terms: ConsentTerms = TERMS, *, by: str = PERSON.number, names: dict[str, str] | None = None) -> bytes:
    return authority().person(by).sign(form_pdf(FormDocument.of(terms, names or NAMES, "es")))


def sealed(paper: bytes, *, digest: str = TERMS.digest, holder: str = "town", sha256: str = "") -> ElectronicSignature:
    data = seal_paper(paper, Route(NETWORK, "ngo", holder), digest, keys_of(holder).exchange_public)
    found = sha256 or hashlib.sha256(paper).hexdigest()
    return ElectronicSignature(sealed=base64.b64encode(data).decode(), sha256=found)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[NodeContext]:
    context = context_of("town", tmp_path / "town", SignedDirectory(FrozenClock(START), TOWN_AND_NGO))
    hold(context, person_record(), person_record(OTHER_PERSON, name="Eva Ficticia"))
    (tmp_path / "root.pem").write_bytes(authority().pem)
    SignatureAuthorities(context).add(tmp_path / "root.pem", authority().fingerprint)
    yield context
    context.close()


def verify(
    town: NodeContext, evidence: ElectronicSignature | PersonCode, terms: ConsentTerms = TERMS
) -> Proof | Unproved:
    with town.transaction() as session:
        person = people_store(town, session).get_by_document(PERSON).person_id
        consent = EvidenceContext(session, "ngo", "town", person, terms, START)
        return SignatureVerifier(town).verify(evidence, terms.digest, consent)


def test_a_form_of_the_person_over_the_terms_proves_them_and_is_kept_sealed(town: NodeContext) -> None:
    paper = signed()
    digest = hashlib.sha256(paper).hexdigest()
    assert verify(town, sealed(paper)) == Proof(Assurance.E_SIGNATURE, digest)
    assert verify(town, sealed(paper)) == Proof(Assurance.E_SIGNATURE, digest), "sent again, it is the same proof"
    (kept,) = (town.home / "consent-evidence").rglob("*.sealed")
    assert kept.stem == digest
    assert b"%PDF" not in kept.read_bytes()


@pytest.mark.parametrize(
    ("evidence", "reason"),
    [
        (lambda: sealed(signed(by=OTHER_PERSON.number)), OTHER_SIGNER),
        (lambda: sealed(signed(TERMS.model_copy(update={"fields": ("case.needs",)}))), OTHER_TERMS),
        (lambda: sealed(signed(TERMS.model_copy(update={"consent_id": "cd" * 16}))), OTHER_TERMS),
        (lambda: sealed(signed(names=NAMES | {"ngo": "Diputación de Burgos"})), OTHER_NAMES),
        (lambda: sealed(form_pdf(FormDocument.of(TERMS, NAMES, "es"))), "form_signature_invalid"),
        (lambda: sealed(b"hello"), "form_signature_invalid"),
        (lambda: sealed(signed(), digest="00" * 32), "seal_broken"),
        (lambda: sealed(signed(), holder="ngo"), "seal_broken"),
        (lambda: sealed(signed(), sha256="00" * 32), "seal_broken"),
        (lambda: ElectronicSignature(sealed="no base64!", sha256="00" * 32), "seal_broken"),
        (lambda: PersonCode(card="ABCD", number=1, mac="00" * 32), "other_kind"),
    ],
)
@pytest.mark.invariant(8)
def test_anything_else_proves_nothing(town: NodeContext, evidence: object, reason: str) -> None:
    assert callable(evidence)
    assert verify(town, evidence()) == Unproved(reason)
    assert not list((town.home / "consent-evidence").rglob("*.sealed"))


def test_a_guardian_proves_nothing_with_a_signature(town: NodeContext) -> None:
    terms = TERMS.model_copy(update={"acted_by": Actor.GUARDIAN, "guardian_relation": "curator"})
    assert verify(town, sealed(signed(terms), digest=terms.digest), terms) == Unproved(OTHER_SIGNER)


def test_a_fault_of_the_holder_is_not_counted_against_the_origin(
    town: NodeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence = sealed(signed())
    monkeypatch.setitem(sys.modules, "pyhanko", None)
    assert verify(town, evidence) == Unproved("e_signature_unavailable", failed=False)
