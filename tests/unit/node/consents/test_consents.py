import hashlib
import json
from datetime import date
from pathlib import Path

import pytest

from consent_ledger.consents.model import ConsentState
from consent_ledger.errors import ConsentInvalid, ConsentUnknown
from node.consents.consents import GrantInput, GuardianInput
from node.consents.errors import EvidenceUnreadable, FieldNotShareable, GuardianNeeded, RecipientNotAllowed
from node.consents.in_force import consents_in_force
from node.consents.report import consent_text, consents_document, consents_text
from node.context import NodeContext
from node.ledger.export import export_own_ledger, own_ledger_status
from node.people.errors import PersonUnknown
from policies.catalogue import load_catalogue
from policies.errors import UnknownTerm
from policies.local_days import end_after
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory, consents_of, grant, hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record
from trust.errors import UnknownParty
from trust.parties import EntityKind


def test_without_fields_a_consent_covers_the_minimum_summary(context: NodeContext) -> None:
    view = consents_of(context).grant(GrantInput(PERSON, ["casework"], ["ngo"]))
    assert view.record.fields == tuple(spec.id for spec in load_catalogue().minimum())
    assert view.record.lawful_basis == "eu-gdpr:A6-1-a"
    assert view.record.valid_until == end_after(view.record.valid_from, 365)


def test_special_categories_rest_on_explicit_consent(context: NodeContext) -> None:
    view = consents_of(context).grant(GrantInput(PERSON, ["casework"], ["ngo"], ["health.conditions_flag"]))
    assert view.record.lawful_basis == "eu-gdpr:A9-2-a"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"document": STRANGER}, PersonUnknown),
        ({"purposes": ["curiosity"]}, UnknownTerm),
        ({"purposes": ["risk_training"]}, UnknownTerm),
        ({"purposes": []}, ConsentInvalid),
        ({"recipients": ["nobody"]}, UnknownParty),
        ({"recipients": ["town"]}, RecipientNotAllowed),
        ({"recipients": ["bank"]}, RecipientNotAllowed),
        ({"recipients": []}, ConsentInvalid),
        ({"fields": ["person.shoe_size"]}, UnknownTerm),
        ({"fields": ["action.notes"]}, FieldNotShareable),
        ({"fields": ["protect.gender_violence"]}, FieldNotShareable),
        ({"valid_days": 0}, ConsentInvalid),
        ({"valid_days": 10**9}, ConsentInvalid),
        ({"language": "tlh"}, UnknownTerm),
        ({"evidence": Path("/nonexistent/form.pdf")}, EvidenceUnreadable),
        ({"guardian": GuardianInput(OTHER_PERSON, "not one word")}, UnknownTerm),
    ],
)
def test_a_consent_that_makes_no_sense_is_refused_and_changes_nothing(
    context: NodeContext, directory: SignedDirectory, change: dict[str, object], error: type[Exception]
) -> None:
    directory.add("bank", kind=EntityKind.COLLABORATOR)
    words: dict[str, object] = {"document": PERSON, "purposes": ["casework"], "recipients": ["ngo"]}
    with pytest.raises(error):
        consents_of(context).grant(GrantInput(**(words | change)))  # type: ignore[arg-type]  # wrong on purpose
    assert consents_of(context).list() == ()
    assert own_ledger_status(context).size == 0


def test_under_fourteen_a_guardian_gives_it(context: NodeContext) -> None:
    born = date(context.clock.now().year - 13, 1, 1)
    hold(context, person_record(OTHER_PERSON, name="Menor Ficticio", birth=born))
    with pytest.raises(GuardianNeeded):
        grant(context, "ngo", document=OTHER_PERSON)
    view = consents_of(context).grant(
        GrantInput(OTHER_PERSON, ["casework"], ["ngo"], guardian=GuardianInput(PERSON, "parent", heard=True))
    )
    assert view.record.guardian is not None
    assert PERSON.number not in view.record.model_dump_json()


def test_evidence_is_kept_as_its_hash(context: NodeContext, tmp_path: Path) -> None:
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed form")
    view = consents_of(context).grant(GrantInput(PERSON, ["casework"], ["ngo"], evidence=form))
    assert view.record.evidence_sha256 == hashlib.sha256(b"signed form").hexdigest()


def test_a_withdrawn_consent_stays_withdrawn(context: NodeContext) -> None:
    consent = grant(context, "ngo")
    ended = consents_of(context).withdraw(consent)
    assert ended is not None
    assert ended.state is ConsentState.WITHDRAWN
    assert consents_of(context).withdraw(consent) == ended
    with pytest.raises(ConsentUnknown):
        consents_of(context).withdraw("no-such-consent")


def test_lists_show_states_and_no_identity(context: NodeContext) -> None:
    first = grant(context, "ngo")
    grant(context, "ngo", purposes=["housing_support"])
    consents_of(context).withdraw(first)
    found = consents_in_force(context, PERSON)
    assert [each.view.state for each in found] == [ConsentState.WITHDRAWN, ConsentState.GIVEN]
    shown = consents_text(found) + consent_text(found[0]) + json.dumps(consents_document(found))
    assert "retirado" in shown
    assert "Ana" not in shown
    assert PERSON.number not in shown
    assert consents_text(()) == "Sin consentimientos."


def test_consents_can_be_given_and_withdrawn_under_an_expired_directory(
    context: NodeContext, clock: FrozenClock
) -> None:
    clock.advance(days=60)
    view = consents_of(context).withdraw(grant(context, "ngo"))
    assert view is not None
    assert view.state is ConsentState.WITHDRAWN


def test_lapsed_consents_are_told_to_the_ledger_once(context: NodeContext, clock: FrozenClock) -> None:
    grant(context, "ngo", valid_days=1)
    assert consents_of(context).expire_due() == ()
    clock.advance(days=2)
    assert [view.state for view in consents_of(context).expire_due()] == [ConsentState.EXPIRED]
    assert consents_of(context).expire_due() == ()


def test_receipts_and_exports_are_written(context: NodeContext, tmp_path: Path) -> None:
    consent = grant(context, "ngo")
    folder = consents_of(context).receipt(consent, tmp_path / "receipt", pdf=False)
    assert "Entidad ngo" in (folder / "consent.es.html").read_text(encoding="utf-8")
    assert PERSON.number not in (folder / "consent.jsonld").read_text(encoding="utf-8")
    summary = export_own_ledger(context, tmp_path / "export")
    assert (summary.size, summary.bodies) == (2, 2)  # the consent, and the issue of its receipt
    assert own_ledger_status(context).size == 2
