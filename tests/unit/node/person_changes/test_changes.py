import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from consent_ledger.audit.report import AuditReport
from consent_ledger.audit.verify import verify_export
from consent_ledger.consents.model import ConsentState
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.entry import EntryType
from consent_ledger.log.person_bodies import PersonChange
from consent_ledger.proofs.trust_policy import TrustPolicy
from node.cards.cards import CardInput, Cards
from node.care.person_record import person_text, read_record
from node.care.questions import ProfessionalInput
from node.consents.in_force import consents_in_force
from node.consents.report import consents_text
from node.consents.status import consent_status
from node.context import NodeContext
from node.errors import RecordsTampered
from node.fetch.answering import Answering
from node.ledger.own import own_consents, own_ledger
from node.people.documents import Document
from node.people.errors import DocumentTaken, PersonDeceased, PersonUnassigned, PersonUnknown
from node.people.standing import opened_day
from node.people.store import people_store
from node.people.tables import FORMER_DOCUMENTS, STANDING
from node.person_changes.death import record_death
from node.person_changes.documents import change_document
from node.person_changes.errors import NotMerged, PersonChangeInvalid
from node.person_changes.merging import assign_record, merge_people, split_people
from node.person_changes.renaming import rename_person
from node.person_changes.report import changed_document, changed_text
from node.rights.access_report.collecting import person_entries
from node.training.record_features import scoring_rows
from policies.training_features import load_training_features
from tests.support.answering import ask, request
from tests.support.ledger_entries import bodies, entries
from tests.support.parts import answering_of, consent_changes, consents_of, erasures_of, grant, hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record
from tests.support.person_changes import DIED, NEW, WHO, dies, ref_of, standing_of


@pytest.fixture
def answering(context: NodeContext) -> Answering:
    return answering_of(context)


def shared(answering: Answering, context: NodeContext, document: Document) -> dict[str, object]:
    answer = ask(answering, request(context, document))
    return {field.id: field.value for field in answer.fields}


def audited(context: NodeContext, folder: Path) -> AuditReport:
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        export_ledger(ledger, folder / "export")
        return verify_export(folder / "export", TrustPolicy.of_log(ledger.vkey))


def state_of(context: NodeContext, consent: str) -> ConsentState:
    with context.snapshot() as session:
        return own_consents(context, session).get(consent).state


def changes_of(context: NodeContext) -> Sequence[object]:
    return [body["change"] for body in bodies(context, EntryType.PERSON_CHANGED)]


# ---- a name


def test_a_person_has_another_name_and_nothing_else_changes(context: NodeContext) -> None:
    before = ref_of(context)
    rename_person(context, PERSON, " Ana  María Ficticia ", WHO)
    with context.snapshot() as session:
        people = people_store(context, session)
        assert people.identity(before).name == "Ana María Ficticia"
        assert people.household_facts(people.summary_input(before, ()).household_id or "") is not None
        assert people.benefit_spells(before)
    assert changes_of(context) == [PersonChange.RENAMED]
    assert "Ana" not in json.dumps(entries(context))
    for name in ("Ana María Ficticia", "  "):
        with pytest.raises(PersonChangeInvalid):
            rename_person(context, PERSON, name, WHO)


# ---- a death


@pytest.mark.invariant(1)
def test_after_a_death_consents_are_over_and_nothing_is_shared(
    context: NodeContext, answering: Answering, tmp_path: Path
) -> None:
    consent = grant(context, "ngo")
    assert shared(answering, context, PERSON)
    done = dies(context)
    assert (done.consents, done.told) == ((consent,), ("ngo",))
    assert state_of(context, consent) is ConsentState.ENDED
    assert ask(answering, request(context)).reason == "nothing_to_share"
    assert bodies(context, EntryType.CONSENT_ENDED)[0]["reason"] == "person_deceased"
    assert audited(context, tmp_path).passed


def test_nothing_is_erased_and_the_day_is_sealed(context: NodeContext) -> None:
    dies(context)
    with context.snapshot() as session:
        people = people_store(context, session)
        person = people.get_by_document(PERSON).person_id
        assert people.identity(person).name == "Ana Ficticia"
        assert opened_day(people.standing.of(person), people.cipher_of(person)) == DIED
    assert DIED.isoformat() not in json.dumps(entries(context))


def test_the_dead_give_no_consent_and_get_no_card(context: NodeContext) -> None:
    dies(context)
    for act in (lambda: grant(context, "ngo"), lambda: Cards(context).issue(CardInput(PERSON, 2))):
        with pytest.raises(PersonDeceased):
            act()


def test_a_death_is_recorded_once_and_has_a_possible_day(context: NodeContext) -> None:

    for day in (date(2999, 1, 1), date(1950, 1, 1)):
        with pytest.raises(PersonChangeInvalid):
            record_death(context, consent_changes(context), PERSON, day, WHO)
    dies(context)
    with pytest.raises(PersonChangeInvalid):
        dies(context)


def test_the_dead_and_merged_records_are_in_no_training(context: NodeContext) -> None:
    hold(context, *(person_record(each) for each in (OTHER_PERSON, STRANGER)))
    dead, merged = ref_of(context), ref_of(context, STRANGER)
    dies(context)
    merge_people(context, OTHER_PERSON, STRANGER, WHO)
    with context.snapshot() as session:
        people, features = people_store(context, session), load_training_features()
        rows = {row.person_id for row in scoring_rows(people, features, date(2026, 3, 1))}
        assert people.standing.left_out() == {dead, merged}
    assert not rows & {dead, merged}


# ---- a document


@pytest.mark.invariant(1)
def test_a_new_document_keeps_the_person_and_the_old_one_still_leads_to_them(
    context: NodeContext, answering: Answering, tmp_path: Path
) -> None:
    consent, before = grant(context, "ngo"), ref_of(context)
    assert shared(answering, context, PERSON)
    done = change_document(context, PERSON, NEW, WHO)
    assert (done.person_ref, done.told) == (before, ("ngo",))
    assert {ref_of(context, each) for each in (PERSON, NEW)} == {before}
    assert shared(answering, context, PERSON) == shared(answering, context, NEW) != {}
    consents_of(context).withdraw(consent)
    assert not shared(answering, context, PERSON)
    assert changes_of(context) == [PersonChange.DOCUMENT_CHANGED]
    assert NEW.number not in json.dumps(entries(context))
    assert audited(context, tmp_path).passed


@pytest.mark.invariant(1)
def test_a_document_that_was_never_theirs_leads_to_nobody(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    assert shared(answering, context, PERSON)
    change_document(context, PERSON, NEW, WHO, correction=True)
    assert not shared(answering, context, PERSON)
    assert shared(answering, context, NEW)
    with pytest.raises(PersonUnknown):
        ref_of(context, PERSON)
    hold(context, person_record(PERSON, name="La Madre"))  # the document's true holder
    assert ref_of(context, PERSON) != ref_of(context, NEW)


def test_a_document_of_somebody_else_is_refused(context: NodeContext) -> None:
    hold(context, person_record(OTHER_PERSON, name="La Madre"))
    with pytest.raises(DocumentTaken):
        change_document(context, PERSON, OTHER_PERSON, WHO)
    change_document(context, OTHER_PERSON, NEW, WHO)
    for taken in (NEW, OTHER_PERSON):  # present and former
        with pytest.raises(DocumentTaken):
            change_document(context, PERSON, taken, WHO)
    with pytest.raises(DocumentTaken):
        hold(context, person_record(OTHER_PERSON, name="Otra"))  # an import under a former document
    with pytest.raises(PersonChangeInvalid):
        change_document(context, NEW, NEW, WHO)


def test_a_person_may_have_their_old_document_again(context: NodeContext) -> None:
    before = ref_of(context)
    change_document(context, PERSON, NEW, WHO)
    change_document(context, NEW, PERSON, WHO)
    assert {ref_of(context, each) for each in (PERSON, NEW)} == {before}


def test_erasing_a_person_erases_what_they_were_before(context: NodeContext) -> None:
    change_document(context, PERSON, NEW, WHO)
    erasures_of(context).erase_person(PERSON, "eu-gdpr:A17-1-b")
    with context.snapshot() as session:
        assert session.execute(FORMER_DOCUMENTS.select()).all() == []
    for document in (PERSON, NEW):
        with pytest.raises(PersonUnknown):
            ref_of(context, document)


# ---- two records


@pytest.fixture
def two(context: NodeContext) -> tuple[str, str]:
    """The ids of two records with a consent each."""
    hold(context, replace(person_record(OTHER_PERSON), fields={"person.sex": "m", "work.status": "retired"}))
    for document in (PERSON, OTHER_PERSON):
        grant(context, "ngo", document=document, fields=("person.sex", "work.status"))
    return ref_of(context), ref_of(context, OTHER_PERSON)


@pytest.mark.invariant(1)
def test_a_merge_mixes_nothing_and_a_split_gives_each_its_own(
    context: NodeContext, answering: Answering, two: tuple[str, str], tmp_path: Path
) -> None:
    before = [shared(answering, context, each) for each in (PERSON, OTHER_PERSON)]
    assert before[0] != before[1]
    merge_people(context, PERSON, OTHER_PERSON, WHO)
    assert ref_of(context, OTHER_PERSON) == two[0]
    assert [shared(answering, context, each) for each in (PERSON, OTHER_PERSON)] == before
    split_people(context, OTHER_PERSON, WHO)
    assert (ref_of(context), ref_of(context, OTHER_PERSON)) == two
    assert [shared(answering, context, each) for each in (PERSON, OTHER_PERSON)] == [{}, {}]
    with pytest.raises(PersonUnassigned):
        grant(context, "ngo")
    assign_record(context, PERSON, WHO)
    assert [shared(answering, context, each) for each in (PERSON, OTHER_PERSON)] == [before[0], {}]
    assign_record(context, OTHER_PERSON, WHO)
    assert [shared(answering, context, each) for each in (PERSON, OTHER_PERSON)] == before
    assert audited(context, tmp_path).passed


@pytest.mark.invariant(4)
def test_a_no_counts_for_both_records_of_a_person(
    context: NodeContext, answering: Answering, two: tuple[str, str]
) -> None:
    del two
    merge_people(context, PERSON, OTHER_PERSON, WHO)
    own = next(view for view in consents_of(context).list(PERSON) if view.person_ref == ref_of(context))
    consents_of(context).withdraw(own.consent_id)
    assert [shared(answering, context, each) for each in (PERSON, OTHER_PERSON)] == [{}, {}]


def test_the_consents_and_the_erasure_of_a_person_are_those_of_all_their_records(
    context: NodeContext, two: tuple[str, str]
) -> None:
    merge_people(context, PERSON, OTHER_PERSON, WHO)
    assert {view.person_ref for view in consents_of(context).list(OTHER_PERSON)} == set(two)
    erasures_of(context).erase_person(PERSON, "eu-gdpr:A17-1-b")
    for document in (PERSON, OTHER_PERSON):
        with pytest.raises(PersonUnknown):
            ref_of(context, document)


def test_a_death_is_that_of_all_records(context: NodeContext, answering: Answering, two: tuple[str, str]) -> None:
    merge_people(context, PERSON, OTHER_PERSON, WHO)
    assert len(dies(context, OTHER_PERSON).consents) == len(two)
    assert [shared(answering, context, each) for each in (PERSON, OTHER_PERSON)] == [{}, {}]


def test_what_is_not_merged_is_not_split(context: NodeContext, two: tuple[str, str]) -> None:
    del two
    for act in (split_people, assign_record):
        with pytest.raises(NotMerged):
            act(context, PERSON, WHO)
    with pytest.raises(PersonChangeInvalid):
        merge_people(context, PERSON, PERSON, WHO)


def test_a_standing_that_others_wrote_opens_nothing(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    dies(context)
    with context.transaction() as session:
        session.execute(update(STANDING).values(died_on=None))
    with pytest.raises(RecordsTampered):
        shared(answering, context, PERSON)
    with context.transaction() as session:
        session.execute(delete(STANDING))
    with pytest.raises(RecordsTampered):
        shared(answering, context, PERSON)


def test_what_was_done_is_told_in_words(context: NodeContext) -> None:
    grant(context, "ngo")
    done = dies(context)
    text = changed_text(done, {"ngo": "Asociación"}, lang="es")
    assert "Asociación" in text
    assert changed_document(done)["consents"] == list(done.consents)
    assert standing_of(context).died


def test_the_record_shows_its_other_records_and_what_it_was_before(context: NodeContext, two: tuple[str, str]) -> None:
    change_document(context, PERSON, NEW, WHO)
    merge_people(context, NEW, OTHER_PERSON, WHO)
    dies(context)
    shown = read_record(context, OTHER_PERSON, ProfessionalInput(WHO))
    assert (shown["id"], shown["died_on"], shown["former_documents"]) == (two[0], DIED.isoformat(), [PERSON.number])
    assert [each["id"] for each in shown["other_records"]] == [two[1]]
    text = person_text(shown, "es")
    for part in (PERSON.number, NEW.number, OTHER_PERSON.number, "Falleció", "Otra ficha"):
        assert part in text
    split_people(context, OTHER_PERSON, WHO)
    assert "person assign" in person_text(read_record(context, NEW, ProfessionalInput(WHO)), "es")


def test_the_access_report_is_about_all_records_of_a_person(context: NodeContext, two: tuple[str, str]) -> None:
    merge_people(context, PERSON, OTHER_PERSON, WHO)
    with context.snapshot() as session:
        found = person_entries(context, session, two[0])
    about = {getattr(entry.body, "person_ref", None) for entry in found if entry.kind is EntryType.CONSENT_GIVEN}
    assert about == set(two)
    assert EntryType.PERSON_CHANGED in {entry.kind for entry in found}
    assert [entry.index for entry in found] == sorted(entry.index for entry in found)


def test_a_record_whose_other_record_goes_alone_stands_for_itself_and_has_to_be_put_right(
    context: NodeContext, two: tuple[str, str]
) -> None:
    merge_people(context, PERSON, OTHER_PERSON, WHO)
    with context.transaction() as session:  # as when the import is taken back that added it
        people_store(context, session).erase(two[0], context.clock.now())
    assert ref_of(context, OTHER_PERSON) == two[1]
    assert standing_of(context, OTHER_PERSON).unassigned


def test_a_consent_that_ended_with_a_death_is_shown_as_such(context: NodeContext) -> None:
    consent = grant(context, "ngo")
    dies(context)
    assert "ha fallecido" in consents_text(consents_in_force(context), lang="es")
    assert consent_status(context, consent).withdrawn


def test_a_record_that_followed_another_into_a_merge_is_split_and_the_audit_verifies(
    context: NodeContext, two: tuple[str, str], tmp_path: Path
) -> None:
    del two
    hold(context, person_record(STRANGER))
    merge_people(context, OTHER_PERSON, STRANGER, WHO)
    merge_people(context, PERSON, OTHER_PERSON, WHO)
    split_people(context, STRANGER, WHO)
    report = audited(context, tmp_path)
    assert report.passed, report
