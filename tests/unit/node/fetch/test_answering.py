import json
import re
from collections.abc import Mapping

import pytest

from consent_ledger.consents.model import ConsentState
from consent_ledger.log.entry import EntryType
from consent_ledger.proofs.checkpoint import read_checkpoint
from consent_ledger.proofs.merkle import verify_consistency
from node.context import NodeContext
from node.fetch.answering import Answering
from node.people.store import people_store
from policies.access import AccessPolicy
from policies.case_access import AccessGained, CaseAccess
from presentation import messages
from records_exchange.answer import AnswerOutcome
from records_exchange.errors import RequestReplayed
from tests.support.answering import ask, request
from tests.support.clock import FrozenClock
from tests.support.ledger_entries import entries
from tests.support.parts import SignedDirectory, answering_of, consents_of, grant, hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record
from trust.errors import PartySuspended
from trust.parties import EntityKind, EntityStatus


@pytest.fixture
def answering(context: NodeContext) -> Answering:
    return answering_of(context)


@pytest.mark.invariant(1)
def test_only_consented_fields_leave(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo", fields=["person.sex", "edu.level"])
    answer = ask(answering, request(context))
    assert {field.id: field.value for field in answer.fields} == {"person.sex": "f", "edu.level": "lower_secondary"}
    assert {gap.id: gap.reason for gap in answer.withheld} == {"work.status": "not_consented"}


@pytest.mark.invariant(2)
def test_a_release_is_in_the_ledger_when_the_answer_is_out(context: NodeContext, answering: Answering) -> None:
    consent = grant(context, "ngo")
    asked = request(context)
    answer = ask(answering, asked)
    kind, body = entries(context)[answer.ledger.index]
    assert kind is EntryType.RELEASE
    assert (body["request_id"], body["recipient"], body["consents"]) == (asked.id, "ngo", [consent])
    assert body["fields"] == [field.id for field in answer.fields]


@pytest.mark.invariant(3)
def test_the_ledger_holds_no_document_name_or_value(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    ask(answering, request(context))
    text = json.dumps(entries(context))
    for secret in (PERSON.number, "Ana", "unemployed", "lower_secondary"):
        assert secret not in text
    assert not re.search(r"(?<![0-9a-f])1980(?![0-9a-f])", text)  # hashes may hold these digits by chance


@pytest.mark.invariant(4)
def test_after_a_withdrawal_the_next_request_is_refused(context: NodeContext, answering: Answering) -> None:
    consent = grant(context, "ngo")
    assert ask(answering, request(context)).outcome is AnswerOutcome.RELEASED
    consents_of(context).withdraw(consent)
    assert ask(answering, request(context)).outcome is AnswerOutcome.REFUSED
    assert entries(context)[-1][0] is EntryType.REFUSAL


@pytest.mark.parametrize(
    ("access", "recorded"),
    [
        (AccessGained(CaseAccess.TEAM), ("team", None)),
        (AccessGained(CaseAccess.OPENED, "covering_colleague"), ("opened", "covering_colleague")),
    ],
)
def test_releases_and_refusals_say_how_the_case_was_come_to_and_under_which_policy(
    context: NodeContext, answering: Answering, access: AccessGained, recorded: tuple[str, str | None]
) -> None:
    ask(answering, request(context, access=access))
    grant(context, "ngo")
    ask(answering, request(context, access=access))
    told = [body for kind, body in entries(context) if kind in {EntryType.RELEASE, EntryType.REFUSAL}]
    assert [(body["case_access"], body["opening_reason"]) for body in told] == [recorded, recorded]
    assert {body["policy_sha256"] for body in told} == {AccessPolicy.load().sha256}


@pytest.mark.invariant(1)
def test_health_is_for_the_team_or_for_a_reason_that_may_see_it(context: NodeContext, answering: Answering) -> None:
    field = "health.conditions_flag"
    grant(context, "ngo", fields=["person.sex", field])
    asked = ("person.sex", field)
    team = ask(answering, request(context, fields=asked, access=AccessGained(CaseAccess.TEAM)))
    assert {each.id for each in team.fields} == set(asked)
    meeting = ask(answering, request(context, fields=asked, access=AccessGained(CaseAccess.OPENED, "case_meeting")))
    assert {each.id for each in meeting.fields} == {"person.sex"}
    assert {gap.id: gap.reason for gap in meeting.withheld} == {field: "case_access_not_allowed"}


@pytest.mark.invariant(1)
def test_a_reason_that_nobody_knows_opens_nothing(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    answer = ask(answering, request(context, access=AccessGained(CaseAccess.OPENED, "curiosity")))
    assert (answer.outcome, answer.reason) == (AnswerOutcome.REFUSED, "case_access_not_allowed")


def test_unknown_never_asked_and_withdrawn_look_the_same(context: NodeContext, answering: Answering) -> None:
    hold(context, person_record(OTHER_PERSON))
    consents_of(context).withdraw(grant(context, "ngo"))
    never = ask(answering, request(context, OTHER_PERSON))
    withdrawn = ask(answering, request(context, PERSON))
    unknown = ask(answering, request(context, STRANGER))
    shapes = {
        (answer.outcome, answer.reason, answer.fields, answer.withheld, len(answer.ledger.leaf))
        for answer in (never, withdrawn, unknown)
    }
    assert shapes == {(AnswerOutcome.REFUSED, "nothing_to_share", (), (), len(never.ledger.leaf))}


def test_an_answer_proves_that_the_ledger_extends_the_one_the_asker_saw(
    context: NodeContext, answering: Answering
) -> None:
    grant(context, "ngo")
    before = [read_checkpoint(ask(answering, request(context)).ledger.checkpoint.encode()) for _ in range(3)]
    seen = [before[0].size, before[2].size]
    answer = ask(answering, request(context, seen=seen))
    now = read_checkpoint(answer.ledger.checkpoint.encode())
    assert [proof.size for proof in answer.ledger.consistency] == seen
    for old, proof in zip((before[0], before[2]), answer.ledger.consistency, strict=True):
        hashes = [bytes.fromhex(node) for node in proof.hashes]
        verify_consistency(old.size, now.size, old.root, now.root, hashes)


def test_a_refusal_brings_the_same_proofs_whoever_it_is_about(context: NodeContext, answering: Answering) -> None:
    consents_of(context).withdraw(grant(context, "ngo"))
    shapes = set()
    for document in (PERSON, STRANGER):
        answer = ask(answering, request(context, document, seen=[1, 2]))
        shapes.add((answer.reason, tuple(proof.size for proof in answer.ledger.consistency)))
    assert shapes == {("nothing_to_share", (1, 2))}


def test_of_a_size_the_ledger_never_had_there_is_no_proof_and_no_error(
    context: NodeContext, answering: Answering
) -> None:
    grant(context, "ngo")
    assert ask(answering, request(context, seen=[1, 1_000_000])).ledger.consistency[1:] == ()


def test_a_consent_is_for_one_recipient_and_purpose_and_time(
    context: NodeContext, answering: Answering, clock: FrozenClock, directory: SignedDirectory
) -> None:
    directory.add("other")
    grant(context, "ngo", purposes=["housing_support"], valid_days=30)
    assert ask(answering, request(context)).reason == "nothing_to_share"  # another purpose
    assert ask(answering, request(context, asker="other")).reason == "nothing_to_share"
    grant(context, "ngo", valid_days=30)
    assert ask(answering, request(context)).outcome is AnswerOutcome.RELEASED
    clock.advance(days=31)
    directory.publish()
    assert ask(answering, request(context)).reason == "nothing_to_share"  # over


def test_a_request_is_answered_once(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    asked = request(context)
    ask(answering, asked)
    before = entries(context)
    with pytest.raises(RequestReplayed):
        ask(answering, asked)
    assert entries(context) == before


def test_collaborators_and_volunteers_never_see_a_record(
    context: NodeContext, answering: Answering, directory: SignedDirectory
) -> None:
    directory.add("bank", kind=EntityKind.COLLABORATOR)
    grant(context, "ngo")
    assert ask(answering, request(context, asker="bank")).reason == "recipient_not_allowed"
    assert ask(answering, request(context, role="volunteer")).reason == "role_not_allowed"
    assert [kind for kind, _ in entries(context)][1:] == [EntryType.REFUSAL] * 2


def test_a_suspended_entity_is_refused_and_leaves_no_trace(
    context: NodeContext, answering: Answering, directory: SignedDirectory
) -> None:
    directory.change("ngo", status=EntityStatus.SUSPENDED)
    with pytest.raises(PartySuspended):
        ask(answering, request(context))
    assert entries(context) == []


def test_free_text_and_protected_fields_have_no_way_out(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    asked = request(context, fields=("person.sex", "action.notes", "protect.gender_violence", "person.national_id"))
    answer = ask(answering, asked)
    assert [field.id for field in answer.fields] == ["person.sex"]
    assert {gap.id: gap.reason for gap in answer.withheld} == {
        "action.notes": "not_shared",
        "protect.gender_violence": "explicit_act_needed",
        "person.national_id": "not_shared",
    }


def test_people_added_and_erased_later_are_seen(context: NodeContext, answering: Answering, clock: FrozenClock) -> None:
    grant(context, "ngo")
    assert ask(answering, request(context)).outcome is AnswerOutcome.RELEASED
    clock.advance(seconds=1)
    hold(context, person_record(OTHER_PERSON, name="Otra Ficticia"))
    grant(context, "ngo", document=OTHER_PERSON)
    assert ask(answering, request(context, OTHER_PERSON)).outcome is AnswerOutcome.RELEASED
    with context.transaction() as session:
        found = people_store(context, session).find_by_document(PERSON)
        assert found is not None
        people_store(context, session).erase(found.person_id, context.clock.now())
    assert ask(answering, request(context)).reason == "nothing_to_share"
    assert [view.state for view in consents_of(context).list()] == [ConsentState.GIVEN] * 2


def test_an_answer_renders_no_text_for_people(
    context: NodeContext, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant(context, "ngo")
    ask(answering, request(context))  # loads what is loaded once
    rendered, templates = messages.rendered, []

    def counting(template: str, many: str | None, values: Mapping[str, object], lang: str) -> str:
        templates.append(template)
        return rendered(template, many, values, lang)

    monkeypatch.setattr(messages, "rendered", counting)
    assert ask(answering, request(context)).outcome is AnswerOutcome.RELEASED
    assert templates == []
