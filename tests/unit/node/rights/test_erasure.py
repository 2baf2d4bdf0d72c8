"""Erasure of a person, and of what the retention schedule says is over."""

from pathlib import Path

import pytest
from sqlalchemy import select

from consent_ledger.audit.verify import verify_export
from consent_ledger.proofs.trust_policy import TrustPolicy
from node.care.access import CaseRegister
from node.care.actions import ActionInput, CaseActions
from node.consents.consents import GrantInput
from node.consents.signed_forms import EVIDENCE_FOLDER
from node.context import NodeContext
from node.ledger.export import export_own_ledger
from node.ledger.own import own_ledger
from node.people.errors import PersonUnknown
from node.people.store import people_store
from node.rights.erasure import Erasures
from node.rights.erasure_report import erased_text, retention_text
from node.risk.tables import CheckedBandRow, DecisionRow
from policies.errors import UnknownTerm
from tests.support.answering import ask, request
from tests.support.clock import FrozenClock
from tests.support.parts import answering_of, consents_of, erasures_of, grant, hold
from tests.support.people import OTHER_PERSON, PERSON, person_record

BASIS = "eu-gdpr:A17-1-b"


@pytest.fixture
def erasures(context: NodeContext) -> Erasures:
    return erasures_of(context)


def bodies(context: NodeContext) -> dict[int, bytes]:
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        return {stored.index: stored.body for stored in ledger.store.bodies(0, ledger.size())}


def salts(context: NodeContext) -> list[bytes]:
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        return [stored.salt for stored in ledger.store.bodies(0, ledger.size())]


def database_bytes(context: NodeContext) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(context.home.glob("node.sqlite*")))


@pytest.mark.invariant(3)
def test_erasing_a_person_leaves_nothing_of_them_on_disk_and_every_proof_valid(
    context: NodeContext, erasures: Erasures, tmp_path: Path
) -> None:
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    consents_of(context).grant(GrantInput(PERSON, ["casework"], ["ngo"], evidence=form))
    CaseRegister(context).add_member(PERSON, "staff-of-the-case", "psychologist", added_by="boss-1")
    CaseRegister(context).open(PERSON, "staff-who-opened", "attended_now")
    CaseActions(context).add(PERSON, "staff-of-the-case", ActionInput("follow_up"))
    assert b"staff-of-the-case" in database_bytes(context)
    ask(answering_of(context), request(context))
    destroyed = salts(context)
    assert all(salt in database_bytes(context) for salt in destroyed)
    done = erasures.erase_person(PERSON, BASIS)
    assert (done.entries, done.scans, done.recipients, done.scrubbed) == (3, 1, ("ngo",), True)
    assert set(bodies(context)) == set(done.erasure_indexes)
    assert not any(path.is_file() for path in (context.home / EVIDENCE_FOLDER).rglob("*"))
    disk = database_bytes(context)
    assert not any(salt in disk for salt in destroyed)
    assert b'"purposes":["casework"]' not in disk
    assert b"staff-of-the-case" not in disk
    assert b"staff-who-opened" not in disk
    with pytest.raises(PersonUnknown):
        consents_of(context).list(PERSON)
    assert consents_of(context).list() == ()
    export_own_ledger(context, tmp_path / "export")
    with context.snapshot() as session:
        policy = TrustPolicy.of_log(own_ledger(context, session).vkey)
    report = verify_export(tmp_path / "export", policy)
    assert report.passed
    assert (report.erased, report.erasures[0].basis) == (3, BASIS)


def test_erasing_one_person_leaves_the_others(context: NodeContext, erasures: Erasures) -> None:
    hold(context, person_record(OTHER_PERSON, name="Otra Ficticia"))
    grant(context, "ngo")
    other = grant(context, "ngo", document=OTHER_PERSON)
    erasures.erase_person(PERSON, BASIS)
    assert [view.consent_id for view in consents_of(context).list(OTHER_PERSON)] == [other]
    assert sorted(bodies(context)) == [1, 2]


def test_somebody_without_entries_is_erased_all_the_same(erasures: Erasures) -> None:
    done = erasures.erase_person(PERSON, BASIS)
    assert (done.entries, done.erasure_indexes) == (0, ())
    with pytest.raises(PersonUnknown):
        erasures.erase_person(PERSON, BASIS)


def test_a_basis_that_the_schedule_does_not_have_erases_nothing(context: NodeContext, erasures: Erasures) -> None:
    grant(context, "ngo")
    with pytest.raises(UnknownTerm):
        erasures.erase_person(PERSON, "because")
    assert len(consents_of(context).list(PERSON)) == 1


def test_what_was_done_is_told_with_whom_to_tell(context: NodeContext, erasures: Erasures) -> None:
    grant(context, "ngo")
    ask(answering_of(context), request(context))
    done = erasures.erase_person(PERSON, BASIS)
    assert "RGPD art. 17.1.b" in erased_text(done, "es")
    assert "GDPR art. 19): ngo" in erased_text(done, "en")


def test_retention_erases_what_is_over_and_only_that(
    clock: FrozenClock, context: NodeContext, erasures: Erasures, tmp_path: Path
) -> None:
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    old = consents_of(context).grant(GrantInput(PERSON, ["casework"], ["ngo"], valid_days=30, evidence=form))
    consents_of(context).withdraw(old.consent_id)
    assert erasures.retain().entries == {}
    clock.advance(days=1825)
    young = grant(context, "ngo")
    assert erasures.retain().entries == {}
    clock.advance(days=1)
    planned = erasures.retain(dry_run=True)
    assert (planned.entries, planned.erasure_indexes) == ({"consents": 2}, ())
    assert "2 se borrarían" in retention_text(planned, "es")
    done = erasures.retain()
    assert (done.entries, done.scans) == ({"consents": 2}, 1)
    assert [view.consent_id for view in consents_of(context).list()] == [young]
    assert sorted(bodies(context)) == [2, 3]
    assert erasures.retain().entries == {}
    export_own_ledger(context, tmp_path / "export")
    with context.snapshot() as session:
        report = verify_export(tmp_path / "export", TrustPolicy.of_log(own_ledger(context, session).vkey))
    assert report.passed
    assert [(note.rule, note.entries) for note in report.erasures] == [("consents", 2)]


def test_a_live_consent_is_kept_however_old(clock: FrozenClock, context: NodeContext, erasures: Erasures) -> None:
    grant(context, "ngo", valid_days=1825)
    clock.advance(days=1826)
    assert erasures.retain(dry_run=True).entries == {}


def test_what_the_use_of_the_risk_model_left_of_a_person_goes_too(context: NodeContext, erasures: Erasures) -> None:
    with context.transaction() as session:
        person = people_store(context, session).get_by_document(PERSON).person_id
        session.add_all(
            [
                CheckedBandRow(person_ref=person, month="2026-03", band="high"),
                CheckedBandRow(person_ref="another", month="2026-03", band="low"),
                DecisionRow(
                    person_ref=person,
                    campaign_id="ab" * 16,
                    decision="confirm",
                    decided_by="ts-14",
                    decided_at=context.clock.now(),
                ),
            ]
        )
    erasures.erase_person(PERSON, BASIS)
    with context.snapshot() as session:
        assert list(session.scalars(select(CheckedBandRow.person_ref))) == ["another"]
        assert list(session.scalars(select(DecisionRow.person_ref))) == []
