"""Refusal, renewal, reminders and evidence of consents at a node."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from consent_ledger.consents.model import ConsentState
from consent_ledger.errors import ConsentTransitionRefused
from node.consents import due as due_module
from node.consents.consents import Consents, GrantInput, GuardianInput, RenewalInput
from node.consents.due import DueReason
from node.consents.errors import EvidenceMissing, EvidenceUnreadable, GuardianNotEntitled
from node.consents.report import due_document, due_text
from node.consents.signed_forms import EVIDENCE_FOLDER
from node.context import NodeContext
from node.errors import RecordsUnreadable
from node.operations.status import summary
from policies.local_days import end_after
from policies.notices import Notice, load_notices
from tests.support.clock import FrozenClock
from tests.support.parts import NETWORK, consents_of, grant, hold
from tests.support.people import OTHER_PERSON, PERSON, person_record
from tests.support.pki import authority, credentials

SCAN = b"%PDF a signed form, in full"


@pytest.fixture
def consents(context: NodeContext) -> Consents:
    return consents_of(context)


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "form.pdf"
    path.write_bytes(SCAN)
    return path


def files(context: NodeContext) -> list[Path]:
    return [path for path in (context.home / EVIDENCE_FOLDER).rglob("*") if path.is_file()]


def test_a_refusal_is_recorded_covers_nothing_and_is_final(consents: Consents) -> None:
    view = consents.refuse(GrantInput(PERSON, ["casework"], ["ngo"]))
    assert view.state is ConsentState.REFUSED
    assert not view.is_live(view.given_at)
    with pytest.raises(ConsentTransitionRefused):
        consents.renew(RenewalInput(view.consent_id))
    with pytest.raises(ConsentTransitionRefused):
        consents.withdraw(view.consent_id)


def test_a_renewal_keeps_the_scope_and_moves_the_end(consents: Consents, clock: FrozenClock) -> None:
    given = consents.grant(GrantInput(PERSON, ["casework"], ["ngo"], valid_days=30))
    clock.advance(days=20)
    renewed = consents.renew(RenewalInput(given.consent_id, valid_days=90))
    assert renewed.state is ConsentState.RENEWED
    assert renewed.record.valid_until == end_after(clock.now(), 90)
    assert (renewed.record.fields, renewed.record.purposes) == (given.record.fields, given.record.purposes)
    assert renewed.is_live(clock.now() + timedelta(days=89))


def test_a_consent_that_is_over_is_not_renewed_even_before_the_ledger_was_told(
    consents: Consents, clock: FrozenClock
) -> None:
    given = consents.grant(GrantInput(PERSON, ["casework"], ["ngo"], valid_days=1))
    clock.advance(days=2)
    with pytest.raises(ConsentTransitionRefused, match="has ended"):
        consents.renew(RenewalInput(given.consent_id))


def test_the_record_names_the_parties_the_kinds_of_purpose_and_special_fields(consents: Consents) -> None:
    view = consents.grant(GrantInput(PERSON, ["casework"], ["ngo"], ["health.conditions_flag", "household.size"]))
    assert {party.id: party.name for party in view.record.parties} == {"town": "Entidad town", "ngo": "Entidad ngo"}
    assert view.record.purpose_types == ("dpv:ServiceProvision",)
    assert view.record.special_fields == ("health.conditions_flag",)


def test_evidence_is_sealed_on_disk_and_opens_for_whoever_may(
    context: NodeContext, consents: Consents, form: Path
) -> None:
    view = consents.grant(GrantInput(PERSON, ["casework"], ["ngo"], evidence=form))
    (kept,) = files(context)
    assert SCAN not in kept.read_bytes()
    assert kept.stat().st_mode & 0o077 == 0
    assert consents.evidence(view.consent_id) == SCAN


def test_evidence_that_was_changed_moved_or_lost_is_noticed(
    context: NodeContext, consents: Consents, form: Path
) -> None:
    view = consents.grant(GrantInput(PERSON, ["casework"], ["ngo"], evidence=form))
    (kept,) = files(context)
    sealed = kept.read_bytes()
    kept.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(RecordsUnreadable):
        consents.evidence(view.consent_id)
    kept.unlink()
    with pytest.raises(EvidenceMissing):
        consents.evidence(view.consent_id)
    with pytest.raises(EvidenceMissing):
        consents.evidence(grant(context, "ngo"))


def test_an_empty_scan_is_refused_and_nothing_is_recorded(context: NodeContext, consents: Consents, form: Path) -> None:
    form.write_bytes(b"")
    with pytest.raises(EvidenceUnreadable):
        consents.grant(GrantInput(PERSON, ["casework"], ["ngo"], evidence=form))
    assert files(context) == []
    assert consents.list() == ()


def test_consents_that_end_soon_are_shown_the_first_to_end_first(
    context: NodeContext, consents: Consents, clock: FrozenClock, tmp_path: Path
) -> None:
    long = consents.grant(GrantInput(PERSON, ["casework"], ["ngo"], valid_days=50))
    short = consents.grant(GrantInput(PERSON, ["housing_support"], ["ngo"], valid_days=10))
    consents.grant(GrantInput(PERSON, ["referral"], ["ngo"], valid_days=365))
    gone = consents.grant(GrantInput(PERSON, ["referral"], ["ngo"], valid_days=5))
    consents.withdraw(gone.consent_id)
    due, own_certificate = consents.due(), credentials(tmp_path / "tls", authority(NETWORK), "town").current()
    assert [each.view.consent_id for each in due] == [short.consent_id, long.consent_id]
    assert "caduca pronto" in due_text(due)
    assert due_document(due)["due"][0]["reasons"] == ["ends_soon"]
    assert summary(context, own_certificate)["consents_due"] == 2
    clock.advance(days=11)
    assert [each.view.consent_id for each in consents.due()] == [long.consent_id]
    assert due_text(()) == "Ningún consentimiento pendiente de renovar."


def test_a_parents_consent_is_due_when_the_child_turns_fourteen(
    context: NodeContext, consents: Consents, clock: FrozenClock
) -> None:
    today = clock.now().date()
    born = date(today.year - 13, 1, 1)
    hold(context, person_record(OTHER_PERSON, name="Menor Ficticio", birth=born))
    given = consents.grant(
        GrantInput(
            OTHER_PERSON, ["casework"], ["ngo"], valid_days=700, guardian=GuardianInput(PERSON, "parent", heard=True)
        )
    )
    assert consents.due() == ()
    clock.advance(days=366)
    assert [(each.view.consent_id, each.reasons) for each in consents.due()] == [
        (given.consent_id, (DueReason.CAME_OF_AGE,))
    ]
    with pytest.raises(GuardianNotEntitled):
        consents.withdraw(given.consent_id, guardian=GuardianInput(PERSON, "parent", heard=True))
    ended = consents.withdraw(given.consent_id)
    assert ended is not None
    assert ended.state is ConsentState.WITHDRAWN


def test_a_notice_that_was_replaced_makes_its_consents_due(
    context: NodeContext, consents: Consents, monkeypatch: pytest.MonkeyPatch
) -> None:
    consent = grant(context, "ngo", valid_days=200)

    class Newer:
        def current(self, language: str) -> Notice:
            return load_notices().current(language).model_copy(update={"version": "9.0"})

    monkeypatch.setattr(due_module, "load_notices", Newer)
    assert [(each.view.consent_id, each.reasons) for each in consents.due()] == [
        (consent, (DueReason.NOTICE_REPLACED,))
    ]
