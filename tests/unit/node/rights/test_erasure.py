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
from node.ledger.export import export_own_ledger
from node.ledger.own import own_ledger
from node.people.errors import PersonUnknown
from node.people.store import people_store
from node.rights.erasure import Erasures
from node.rights.erasure_report import erased_text, retention_text
from node.risk.tables import CheckedBandRow, DecisionRow
from node.wiring import Node
from policies.errors import UnknownTerm
from tests.support.answering import ask, request
from tests.support.clock import FrozenClock
from tests.support.exchange import OTHER_PERSON, PERSON, ExchangeNetwork, grant, hold, person_record

BASIS = "eu-gdpr:A17-1-b"


@pytest.fixture
def town(network: ExchangeNetwork) -> Node:
    return network.nodes["town"]


@pytest.fixture
def erasures(town: Node) -> Erasures:
    return town.erasures


def bodies(town: Node) -> dict[int, bytes]:
    with town.context.snapshot() as session:
        ledger = own_ledger(town.context, session)
        return {stored.index: stored.body for stored in ledger.store.bodies(0, ledger.size())}


def salts(town: Node) -> list[bytes]:
    with town.context.snapshot() as session:
        ledger = own_ledger(town.context, session)
        return [stored.salt for stored in ledger.store.bodies(0, ledger.size())]


def database_bytes(town: Node) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(town.context.home.glob("node.sqlite*")))


@pytest.mark.invariant(3)
def test_erasing_a_person_leaves_nothing_of_them_on_disk_and_every_proof_valid(
    network: ExchangeNetwork, town: Node, erasures: Erasures, tmp_path: Path
) -> None:
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    town.consents.grant(GrantInput(PERSON, ["casework"], ["ngo"], evidence=form))
    CaseRegister(town.context).add_member(PERSON, "staff-of-the-case", "psychologist", added_by="boss-1")
    CaseRegister(town.context).open(PERSON, "staff-who-opened", "attended_now")
    CaseActions(town.context).add(PERSON, "staff-of-the-case", ActionInput("follow_up"))
    assert b"staff-of-the-case" in database_bytes(town)
    ask(network, request(network))
    destroyed = salts(town)
    assert all(salt in database_bytes(town) for salt in destroyed)
    done = erasures.erase_person(PERSON, BASIS)
    assert (done.entries, done.scans, done.recipients, done.scrubbed) == (2, 1, ("ngo",), True)
    assert set(bodies(town)) == set(done.erasure_indexes)
    assert not any(path.is_file() for path in (town.context.home / EVIDENCE_FOLDER).rglob("*"))
    disk = database_bytes(town)
    assert not any(salt in disk for salt in destroyed)
    assert b'"purposes":["casework"]' not in disk
    assert b"staff-of-the-case" not in disk
    assert b"staff-who-opened" not in disk
    with pytest.raises(PersonUnknown):
        town.consents.list(PERSON)
    assert town.consents.list() == ()
    export_own_ledger(town.context, tmp_path / "export")
    with town.context.snapshot() as session:
        policy = TrustPolicy.of_log(own_ledger(town.context, session).vkey)
    report = verify_export(tmp_path / "export", policy)
    assert report.passed
    assert (report.erased, report.erasures[0].basis) == (2, BASIS)


def test_erasing_one_person_leaves_the_others(town: Node, erasures: Erasures) -> None:
    hold(town, person_record(OTHER_PERSON, name="Otra Ficticia"))
    grant(town, "ngo")
    other = grant(town, "ngo", document=OTHER_PERSON)
    erasures.erase_person(PERSON, BASIS)
    assert [view.consent_id for view in town.consents.list(OTHER_PERSON)] == [other]
    assert sorted(bodies(town)) == [1, 2]


def test_somebody_without_entries_is_erased_all_the_same(erasures: Erasures) -> None:
    done = erasures.erase_person(PERSON, BASIS)
    assert (done.entries, done.erasure_indexes) == (0, ())
    with pytest.raises(PersonUnknown):
        erasures.erase_person(PERSON, BASIS)


def test_a_basis_that_the_schedule_does_not_have_erases_nothing(town: Node, erasures: Erasures) -> None:
    grant(town, "ngo")
    with pytest.raises(UnknownTerm):
        erasures.erase_person(PERSON, "because")
    assert len(town.consents.list(PERSON)) == 1


def test_what_was_done_is_told_with_whom_to_tell(town: Node, erasures: Erasures, network: ExchangeNetwork) -> None:
    grant(town, "ngo")
    ask(network, request(network))
    done = erasures.erase_person(PERSON, BASIS)
    assert "RGPD art. 17.1.b" in erased_text(done, "es")
    assert "GDPR art. 19): ngo" in erased_text(done, "en")


def test_retention_erases_what_is_over_and_only_that(
    network: ExchangeNetwork, town: Node, erasures: Erasures, tmp_path: Path
) -> None:
    clock = network.clock
    assert isinstance(clock, FrozenClock)
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    old = town.consents.grant(GrantInput(PERSON, ["casework"], ["ngo"], valid_days=30, evidence=form))
    town.consents.withdraw(old.consent_id)
    assert erasures.retain().entries == {}
    clock.advance(days=1825)
    young = grant(town, "ngo")
    assert erasures.retain().entries == {}
    clock.advance(days=1)
    planned = erasures.retain(dry_run=True)
    assert (planned.entries, planned.erasure_indexes) == ({"consents": 2}, ())
    assert "2 se borrarían" in retention_text(planned, "es")
    done = erasures.retain()
    assert (done.entries, done.scans) == ({"consents": 2}, 1)
    assert [view.consent_id for view in town.consents.list()] == [young]
    assert sorted(bodies(town)) == [2, 3]
    assert erasures.retain().entries == {}
    export_own_ledger(town.context, tmp_path / "export")
    with town.context.snapshot() as session:
        report = verify_export(tmp_path / "export", TrustPolicy.of_log(own_ledger(town.context, session).vkey))
    assert report.passed
    assert [(note.rule, note.entries) for note in report.erasures] == [("consents", 2)]


def test_a_live_consent_is_kept_however_old(network: ExchangeNetwork, town: Node, erasures: Erasures) -> None:
    clock = network.clock
    assert isinstance(clock, FrozenClock)
    grant(town, "ngo", valid_days=1825)
    clock.advance(days=1826)
    assert erasures.retain(dry_run=True).entries == {}


def test_what_the_use_of_the_risk_model_left_of_a_person_goes_too(town: Node, erasures: Erasures) -> None:
    with town.context.transaction() as session:
        person = people_store(town.context, session).get_by_document(PERSON).person_id
        session.add_all(
            [
                CheckedBandRow(person_ref=person, month="2026-03", band="high"),
                CheckedBandRow(person_ref="another", month="2026-03", band="low"),
                DecisionRow(
                    person_ref=person,
                    campaign_id="ab" * 16,
                    decision="confirm",
                    decided_by="ts-14",
                    decided_at=town.context.clock.now(),
                ),
            ]
        )
    erasures.erase_person(PERSON, BASIS)
    with town.context.snapshot() as session:
        assert list(session.scalars(select(CheckedBandRow.person_ref))) == ["another"]
        assert list(session.scalars(select(DecisionRow.person_ref))) == []
