"""A case passes from one entity to another as a whole, or stays where it is."""

from collections.abc import Callable

import pytest

from node.people.errors import PersonUnknown
from node.people.store import people_store
from node.referrals.errors import ReferralOfAnotherPerson, ReferralStepRefused, TransferNotReceived
from node.referrals.referrals import NewReferral
from node.referrals.store import Referral
from node.wiring import Node
from policies.referrals import ReferralState
from service.errors import PeerUnreachable, StorageFull
from tests.support.exchange import OTHER_PERSON, PERSON, hold, person_record
from tests.support.exports import audit, faults
from tests.support.postoffice import PostOffice
from trust.parties import Party
from trust.signing import Envelope


def accepted(office: PostOffice, *, transfer: bool = True) -> Referral:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = town.referrals.send(NewReferral(PERSON, "ngo", "case_planning", transfer=transfer))
    office.deliver()
    ngo.referrals.accept(referral.referral_id)
    office.deliver()
    hold(ngo, person_record(PERSON))
    return referral


def case_status(node: Node) -> object:
    with node.context.snapshot() as session:
        people = people_store(node.context, session)
        person = people.get_by_document(PERSON)
        found = people.fields(person.person_id, ["case.status"]).get("case.status")
        return found.value if found else None


def test_a_case_passes_with_its_consented_summary_and_both_ledgers_say_so(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = accepted(office)
    assert case_status(town) is None
    done, summary = ngo.transfers.take_over(referral.referral_id, PERSON)
    assert (done.state, done.code) == (ReferralState.DONE, "transferred")
    kept = {field["id"]: field for field in summary.fields}
    assert kept["work.status"]["value"] == "unemployed"
    assert not {"action.notes", "protect.gender_violence", "health.addiction_flag"} & kept.keys()
    assert case_status(town) is None  # until the signed step has arrived
    office.deliver()
    assert case_status(town) == "transferred"
    again = ngo.transfers.summary(referral.referral_id)
    assert again == summary
    first = office.network.root / "town-export"
    assert faults(audit(town.context, first)) == []
    assert faults(audit(ngo.context, office.network.root / "ngo-export", [first])) == []


def test_marking_the_case_leaves_every_other_value_and_date_as_it_was(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = accepted(office)
    fields = ["work.status", "edu.level", "action.notes", "local.birth_date"]
    with town.context.snapshot() as session:
        person = people_store(town.context, session).get_by_document(PERSON)
        before = people_store(town.context, session).fields(person.person_id, fields)
    ngo.transfers.take_over(referral.referral_id, PERSON)
    office.deliver()
    with town.context.snapshot() as session:
        assert people_store(town.context, session).fields(person.person_id, fields) == before
        assert people_store(town.context, session).person(person.person_id).recorded_at == person.recorded_at


def failing(error: Exception) -> Callable[[str, Party, Envelope], Envelope]:
    def carry(_caller: str, _peer: Party, _envelope: Envelope) -> Envelope:
        raise error

    return carry


def test_a_transfer_that_fails_half_way_leaves_the_case_with_its_sender(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = accepted(office)
    with monkeypatch.context() as patch:
        patch.setattr(office, "carry", failing(PeerUnreachable("gone")))
        with pytest.raises(TransferNotReceived):
            ngo.transfers.take_over(referral.referral_id, PERSON)
    with monkeypatch.context() as patch:  # the power fails once the summary has come and before it is kept

        def full(*_: object, **__: object) -> Referral:
            raise StorageFull("no space left")

        patch.setattr("node.referrals.transfer.Steps.take", full)
        with pytest.raises(StorageFull):
            ngo.transfers.take_over(referral.referral_id, PERSON)
    assert ngo.transfers.summary(referral.referral_id) is None
    office.deliver()
    assert case_status(town) is None
    assert ngo.referrals.show(referral.referral_id)[0].state is ReferralState.ACCEPTED
    ngo.transfers.take_over(referral.referral_id, PERSON)
    office.deliver()
    assert case_status(town) == "transferred"


def test_a_rejected_transfer_and_one_whose_consent_was_withdrawn_leave_the_case_where_it_is(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = accepted(office)
    town.consents.withdraw(referral.consent_id)  # the receiver has not heard of it yet
    with pytest.raises(TransferNotReceived):
        ngo.transfers.take_over(referral.referral_id, PERSON)
    office.deliver()
    with pytest.raises(ReferralStepRefused):
        ngo.transfers.take_over(referral.referral_id, PERSON)
    assert case_status(town) is None


def test_only_an_accepted_transfer_of_this_person_is_taken_over(office: PostOffice) -> None:
    ngo = office.network.nodes["ngo"]
    plain, transfer = accepted(office, transfer=False), accepted(office)
    with pytest.raises(ReferralStepRefused):
        ngo.transfers.take_over(plain.referral_id, PERSON)
    with pytest.raises(ReferralOfAnotherPerson):
        ngo.transfers.take_over(transfer.referral_id, OTHER_PERSON)


def test_the_new_entity_registers_the_person_before_it_takes_the_case(office: PostOffice) -> None:
    town, ngo = office.network.nodes["town"], office.network.nodes["ngo"]
    referral = town.referrals.send(NewReferral(PERSON, "ngo", "case_planning", transfer=True))
    office.deliver()
    ngo.referrals.accept(referral.referral_id)
    with pytest.raises(PersonUnknown):
        ngo.transfers.take_over(referral.referral_id, PERSON)


def test_what_was_imported_is_sealed_and_goes_with_the_person(office: PostOffice) -> None:
    ngo = office.network.nodes["ngo"]
    referral = accepted(office)
    _, summary = ngo.transfers.take_over(referral.referral_id, PERSON)
    assert "lower_secondary" in {field["value"] for field in summary.fields if isinstance(field["value"], str)}
    stored = b"".join(path.read_bytes() for path in sorted(ngo.context.home.glob("node.sqlite*")))
    assert b'"value": "lower_secondary"' not in stored
    ngo.erasures.erase_person(PERSON, "eu-gdpr:A17-1-b")
    assert ngo.transfers.summary(referral.referral_id) is None
