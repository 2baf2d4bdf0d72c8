"""A consent given elsewhere waits for a professional of the holder, who sees the signed form."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.consents.model import ConsentState
from consent_ledger.log.entry import EntryType
from node.care.errors import NotOnTheCase
from node.consents.consents import GrantInput, RenewalInput, ScopeInput
from node.consents.errors import FormTooLarge, NothingToConfirm, RecipientNotAllowed
from node.consents.propagation.background import maintain_copies
from node.consents.status_report import status_text
from node.inbox.items import Inbox, ItemKind
from node.ledger.own import own_consents
from node.people.documents import Document
from node.rights.access_report.collecting import person_entries
from policies.assurance import Assurance
from policies.errors import UnknownTerm
from records_exchange.assurance.evidence import MAX_PAPER_BYTES
from records_exchange.mailboxes import NotificationState, SqlMailbox
from tests.support.assurance import PROFESSIONAL, confirm, join_case, signed_form
from tests.support.exchange import OTHER_PERSON, PERSON, hold, person_record
from tests.support.town import FIELDS, Town
from trust.parties import EntityKind


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Entities with the network's own policy: the word of another opens nothing."""
    made = Town(tmp_path, trusting=False)
    yield made
    made.network.close()


def sign(
    town: Town,
    form: Path | None,
    *,
    holders: tuple[str, ...] = ("holder",),
    recipients: tuple[str, ...] = ("asker",),
    fields: tuple[str, ...] = FIELDS,
    person: Document = PERSON,
) -> str:
    given = GrantInput(person, ("casework",), recipients, fields, holders=holders, evidence=form)
    consent = town["origin"].consents.grant(given).consent_id
    town.deliver()
    return consent


def assurance(town: Town, holder: str, consent: str) -> list[Assurance]:
    with town[holder].context.snapshot() as session:
        origin = own_consents(town[holder].context, session).get(consent).record.origin
    assert origin is not None
    return [proof.assurance for proof in origin.proofs or ()]


def inbox(town: Town, entity: str) -> list[str]:
    with town[entity].context.snapshot() as session:
        return [item.kind for item in Inbox(session).list()]


@pytest.mark.invariant(1)
def test_the_word_of_another_entity_alone_opens_nothing_and_asks_for_nothing(town: Town) -> None:
    consent = sign(town, None)
    assert town.state("holder", consent) is ConsentState.GIVEN
    assert town.shares("holder") == set()
    assert town["holder"].consent_requests.list() == ()
    assert town.status("origin", consent).notifications[0].proof == "declared"


@pytest.mark.invariant(1)
def test_nothing_is_shared_until_a_professional_on_the_case_has_confirmed(town: Town, tmp_path: Path) -> None:
    form = signed_form(tmp_path)
    consent = sign(town, form)
    (request,) = town["holder"].consent_requests.list()
    assert (request.view.consent_id, request.closed) == (consent, FIELDS)
    assert town["holder"].consent_requests.form(consent) == form.read_bytes()
    assert ItemKind.CONSENT_REQUEST in inbox(town, "holder")
    assert town.shares("holder") == set()
    assert town.status("origin", consent).notifications[0].proof == "waits_for_confirmation"
    assert "esperando confirmación" in status_text(town.status("origin", consent))

    confirm(town["holder"], consent)
    assert town.shares("holder") == set(FIELDS)
    assert assurance(town, "holder", consent) == [Assurance.CONFIRMED]
    assert ItemKind.CONSENT_REQUEST not in inbox(town, "holder")
    assert EntryType.CONSENT_CONFIRMED in town.types("holder")
    town.deliver()
    assert town.status("origin", consent).notifications[0].proof == "confirmed"
    assert ItemKind.CONSENT_DECIDED in inbox(town, "origin")
    with pytest.raises(NothingToConfirm):
        town["holder"].consent_requests.confirm(consent, PROFESSIONAL)


def test_the_scan_is_kept_at_the_holder_sealed_with_the_persons_key(town: Town, tmp_path: Path) -> None:
    form = signed_form(tmp_path)
    consent = sign(town, form)
    files = [path for path in (town["holder"].context.home / "consent-evidence").rglob("*") if path.is_file()]
    assert len(files) == 1
    assert b"formulario" not in files[0].read_bytes()
    assert town["holder"].consents.evidence(consent) == form.read_bytes()
    town["holder"].erasures.erase_person(PERSON, "eu-gdpr:A17-1-b")
    assert not any(path.is_file() for path in (town["holder"].context.home / "consent-evidence").rglob("*"))


@pytest.mark.invariant(1)
@pytest.mark.parametrize(("reason", "told"), [("signature_missing", True), ("person_denies", False)])
def test_a_declined_consent_opens_nothing_and_a_forger_hears_nothing(
    town: Town, tmp_path: Path, reason: str, *, told: bool
) -> None:
    consent = sign(town, signed_form(tmp_path))
    join_case(town["holder"])
    town["holder"].consent_requests.decline(consent, PROFESSIONAL, reason)
    town.deliver()
    assert town.shares("holder") == set()
    assert EntryType.CONSENT_DECLINED in town.types("holder")
    seen = town.status("origin", consent).notifications[0]
    assert (seen.proof, seen.reason) == (("declined", reason) if told else ("waits_for_confirmation", ""))
    narrowed = town["origin"].consents.narrow(consent, ScopeInput(fields=FIELDS[:1]))
    town.deliver()
    assert town.shares("holder") == set()
    assert narrowed.consent_id not in {each.view.consent_id for each in town["holder"].consent_requests.list()}


def test_only_a_professional_on_the_case_decides_and_for_a_reason_of_the_list(town: Town, tmp_path: Path) -> None:
    consent, requests = sign(town, signed_form(tmp_path)), town["holder"].consent_requests
    with pytest.raises(NotOnTheCase):
        requests.confirm(consent, PROFESSIONAL)
    join_case(town["holder"])
    with pytest.raises(UnknownTerm):
        requests.decline(consent, PROFESSIONAL, "bad_mood")
    with pytest.raises(NothingToConfirm):
        requests.confirm("0" * 32, PROFESSIONAL)
    assert town.shares("holder") == set()


def test_somebody_whom_the_holder_does_not_know_waits_like_anybody_else(town: Town, tmp_path: Path) -> None:
    hold(town["origin"], person_record(OTHER_PERSON))
    known = sign(town, signed_form(tmp_path))
    unknown = sign(town, signed_form(tmp_path, b"%PDF other form"), person=OTHER_PERSON)
    with town["origin"].context.snapshot() as session:
        answers = [answer for consent in (known, unknown) for answer in SqlMailbox(session).about(consent)]
    assert {(each.state, each.fault) for each in answers} == {(NotificationState.ACKNOWLEDGED, "")}
    assert town.status("origin", unknown).notifications[0].proof == town.status("origin", known).notifications[0].proof
    assert [each.view.consent_id for each in town["holder"].consent_requests.list()] == [known]

    hold(town["holder"], person_record(OTHER_PERSON))  # the form waited, sealed
    maintain_copies(town["holder"].context, town["holder"].consent_changes, "")
    confirm(town["holder"], unknown, OTHER_PERSON)
    assert assurance(town, "holder", unknown) == [Assurance.CONFIRMED]


def test_less_of_a_confirmed_consent_needs_no_new_confirmation_but_a_renewal_does(town: Town, tmp_path: Path) -> None:
    consent = sign(town, signed_form(tmp_path))
    confirm(town["holder"], consent)
    town["origin"].consents.narrow(consent, ScopeInput(fields=FIELDS[:1]))
    town.deliver()
    assert town.shares("holder") == set(FIELDS[:1])
    town["origin"].consents.renew(RenewalInput(consent, 700))
    town.deliver()
    assert town.shares("holder") == set()
    town["origin"].consents.renew(RenewalInput(consent, 800, evidence=signed_form(tmp_path, b"%PDF new form")))
    town.deliver()
    town["holder"].consent_requests.confirm(consent, PROFESSIONAL)
    assert town.shares("holder") == set(FIELDS[:1])


def test_a_consent_that_was_narrowed_before_it_left_goes_with_the_form_of_the_wider_one(
    town: Town, tmp_path: Path
) -> None:
    given = GrantInput(PERSON, ("casework",), ("asker",), FIELDS, holders=("holder",), evidence=signed_form(tmp_path))
    consent = town["origin"].consents.grant(given).consent_id
    town["origin"].consents.narrow(consent, ScopeInput(fields=FIELDS[:1]))
    town.deliver()
    confirm(town["holder"], consent)
    assert town.shares("holder") == set(FIELDS[:1])


@pytest.mark.invariant(1)
def test_the_entity_where_the_person_signs_may_be_the_one_that_asks(town: Town, tmp_path: Path) -> None:
    consent = sign(town, signed_form(tmp_path), recipients=("origin",))
    assert town.shares("holder", asker="origin") == set()
    confirm(town["holder"], consent)
    assert town.shares("holder", asker="origin") == set(FIELDS)
    assert town.shares("holder") == set()  # nobody else
    town["origin"].consents.withdraw(consent)
    town.deliver()
    assert town.shares("holder", asker="origin") == set()


def test_an_entity_cannot_ask_itself(town: Town) -> None:
    with pytest.raises(RecipientNotAllowed):
        town["origin"].consents.grant(GrantInput(PERSON, ("casework",), ("origin",), FIELDS))


def test_a_collaborating_entity_collects_no_consents_for_others(town: Town) -> None:
    town.network.change("origin", kind=EntityKind.COLLABORATOR)
    with pytest.raises(RecipientNotAllowed):
        sign(town, None)


def test_a_form_that_does_not_fit_a_message_is_refused_before_anything_is_recorded(town: Town, tmp_path: Path) -> None:
    with pytest.raises(FormTooLarge):
        sign(town, signed_form(tmp_path, bytes(MAX_PAPER_BYTES + 1)))
    assert town["origin"].consents.list() == ()
    sign(town, signed_form(tmp_path, bytes(MAX_PAPER_BYTES)))
    assert len(town["holder"].consent_requests.list()) == 1


def test_the_report_of_the_person_has_what_others_sent_and_who_decided_is_in_no_page(
    town: Town, tmp_path: Path
) -> None:
    consent = sign(town, signed_form(tmp_path))
    confirm(town["holder"], consent)
    report = town["holder"].access_reports.issue(PERSON, tmp_path / "report", ask=False).report
    texts = [path.read_text() for path in (tmp_path / "report").rglob("*.html")]
    assert all("Consentimientos que llegaron de otras entidades" in text for text in texts if 'lang="es"' in text)
    assert any("Entidad origin" in text for text in texts)
    assert not any(PROFESSIONAL in path.read_text() for path in (tmp_path / "report").rglob("*.*") if path.is_file())
    with town["holder"].context.snapshot() as session:
        kinds = [each.kind for each in person_entries(town["holder"].context, session, report.person_ref)]
    assert EntryType.CONSENT_CONFIRMED in kinds
