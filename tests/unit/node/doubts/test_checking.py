import json
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import delete, update

from consent_ledger.log.entry import EntryType
from node.consents.in_force import InForce
from node.context import NodeContext
from node.doubts.decisions import count_doubts, decide_doubt, shown_doubts
from node.doubts.errors import DoubtUnknown
from node.doubts.report import decided_text, doubts_document, doubts_text
from node.doubts.store import DoubtState
from node.doubts.tables import DOUBTS
from node.errors import RecordsTampered
from node.fetch.answering import Answering
from node.inbox.items import Inbox, ItemKind
from policies.birth import BirthDate
from records_exchange.answer import AnswerOutcome, FetchAnswer
from records_exchange.errors import IdentityCheckUnknown
from records_exchange.identity_check import IdentityCheck, identity_check
from records_exchange.request import FetchRequest
from tests.support.answering import ask, pairwise_key, request
from tests.support.ledger_entries import bodies, entries
from tests.support.parts import answering_of, consents_of, erasures_of, grant, hold
from tests.support.people import PERSON, STRANGER, person_record

BORN = date(1980, 5, 17)
OTHER_DAY = date(1979, 12, 3)
WHO = "ts-01"


@pytest.fixture
def answering(context: NodeContext) -> Answering:
    return answering_of(context)


def told(context: NodeContext, birth: date | None, sex: str | None = "f", **changes: object) -> FetchRequest:
    """Return a request with the check values of a person who is as the asker says."""
    asked = request(context, **changes)  # type: ignore[arg-type]
    check = identity_check(pairwise_key("ngo"), asked.subject, birth, sex)
    return asked.model_copy(update={"identity": check})


def items(context: NodeContext) -> list[str]:
    with context.snapshot() as session:
        return [item.kind for item in Inbox(session).list()]


def open_doubt(context: NodeContext, answering: Answering) -> FetchAnswer:
    return ask(answering, told(context, OTHER_DAY))


@pytest.mark.invariant(1)
def test_what_agrees_is_released_and_the_entry_says_so(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    assert ask(answering, told(context, BORN)).outcome is AnswerOutcome.RELEASED
    assert [body["identity"] for body in bodies(context, EntryType.RELEASE)] == ["agrees"]


def test_an_asker_who_holds_nobody_is_answered_and_the_entry_says_that_nothing_was_compared(
    context: NodeContext, answering: Answering
) -> None:
    grant(context, "ngo")
    assert ask(answering, request(context)).outcome is AnswerOutcome.RELEASED
    assert [body["identity"] for body in bodies(context, EntryType.RELEASE)] == ["not_compared"]


@pytest.mark.invariant(1)
@pytest.mark.parametrize(("birth", "sex"), [(OTHER_DAY, "f"), (BORN, "m")])
def test_a_conflict_shares_nothing_and_a_professional_learns_of_it(
    context: NodeContext, answering: Answering, birth: date, sex: str
) -> None:
    grant(context, "ngo")
    answer = ask(answering, told(context, birth, sex))
    assert (answer.outcome, answer.reason) == (AnswerOutcome.REFUSED, "identity_doubt")
    assert (answer.fields, answer.withheld, answer.consents) == ((), (), ())
    assert items(context) == [ItemKind.IDENTITY_DOUBT]
    assert [body["reason"] for body in bodies(context, EntryType.REFUSAL)] == ["identity_doubt"]


def test_an_asker_has_one_guess(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    open_doubt(context, answering)
    for guess in (BORN, None, OTHER_DAY):  # also the right one, and none
        assert ask(answering, told(context, guess)).reason == "identity_doubt"
    assert items(context) == [ItemKind.IDENTITY_DOUBT]


def test_without_consent_nothing_is_compared_and_nothing_told(context: NodeContext, answering: Answering) -> None:
    answers = [ask(answering, told(context, day)) for day in (BORN, OTHER_DAY)]
    answers.append(ask(answering, told(context, OTHER_DAY, document=STRANGER)))
    assert {answer.reason for answer in answers} == {"nothing_to_share"}
    assert items(context) == []


def test_a_professional_decides_that_it_is_the_same_person(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    open_doubt(context, answering)
    assert decide_doubt(context, PERSON, "ngo", WHO, same=True).state is DoubtState.SAME
    assert items(context) == []
    assert open_doubt(context, answering).outcome is AnswerOutcome.RELEASED
    assert bodies(context, EntryType.IDENTITY_DECIDED)[0]["professional"] == WHO
    assert bodies(context, EntryType.RELEASE)[-1]["identity"] == "decided"
    # of other values nobody decided
    assert ask(answering, told(context, date(1999, 9, 9))).reason == "identity_doubt"


def test_a_professional_decides_that_it_is_another_person(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    open_doubt(context, answering)
    decide_doubt(context, PERSON, "ngo", WHO, same=False)
    assert ask(answering, told(context, BORN)).reason == "identity_doubt"
    assert items(context) == []


def test_a_decision_falls_when_the_record_here_changes(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    open_doubt(context, answering)
    decide_doubt(context, PERSON, "ngo", WHO, same=True)
    hold(context, person_record(birth=date(2001, 1, 2)))
    assert open_doubt(context, answering).reason == "identity_doubt"


def test_nothing_is_decided_about_what_is_not_in_doubt(context: NodeContext) -> None:
    with pytest.raises(DoubtUnknown):
        decide_doubt(context, PERSON, "ngo", WHO, same=True)


def test_an_unknown_form_of_check_changes_nothing(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    before = entries(context)
    unknown = IdentityCheck(scheme="face/1", birth="ab", sex="a")
    with pytest.raises(IdentityCheckUnknown):
        ask(answering, request(context).model_copy(update={"identity": unknown}))
    assert entries(context) == before


@pytest.mark.invariant(3)
def test_the_ledger_learns_no_check_value_and_no_date(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    open_doubt(context, answering)
    decide_doubt(context, PERSON, "ngo", WHO, same=True)
    text = json.dumps(entries(context)[1:])
    assert "1979" not in text
    assert '"check' not in text


def test_a_decision_that_others_wrote_opens_nothing(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    open_doubt(context, answering)
    with context.transaction() as session:
        session.execute(update(DOUBTS).values(state="same_person"))
    with pytest.raises(RecordsTampered):
        open_doubt(context, answering)
    with context.transaction() as session:
        session.execute(delete(DOUBTS))
    assert open_doubt(context, answering).reason == "identity_doubt"  # compared anew


def test_the_doubts_show_the_own_side_and_no_value_of_the_other(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    open_doubt(context, answering)
    assert count_doubts(context) == 1
    found = shown_doubts(context)
    text = doubts_text(found, {"ngo": "Asociación"}, lang="es")
    assert "Ana Ficticia" in text
    assert "Asociación" in text
    assert doubts_document(found)["doubts"][0]["birth_date"] == "1980-05-17"
    decided = decide_doubt(context, PERSON, "ngo", WHO, same=False)
    assert "otra persona" in decided_text(decided, {})
    assert "misma persona" in decided_text(decide_doubt(context, PERSON, "ngo", WHO, same=True), {})
    assert doubts_text((), {}).startswith("Ninguna")


def test_erasing_a_person_erases_their_doubts(context: NodeContext, answering: Answering) -> None:
    grant(context, "ngo")
    open_doubt(context, answering)
    erasures_of(context).erase_person(PERSON, "eu-gdpr:A17-1-b")
    assert count_doubts(context) == 0
    with context.snapshot() as session:
        assert InForce(context, session, context.clock.now()).live("nobody", "casework", "ngo") == ()
    assert consents_of(context).list() == ()


@pytest.mark.parametrize("born", ["1980-05-XX", "1980-XX-XX"])
def test_a_birth_date_that_is_not_known_to_the_day_is_compared_with_nothing(
    context: NodeContext, answering: Answering, born: str
) -> None:
    hold(context, replace(person_record(), birth_date=BirthDate.parse(born)))
    grant(context, "ngo")
    assert open_doubt(context, answering).outcome is AnswerOutcome.RELEASED
    assert bodies(context, EntryType.RELEASE)[-1]["identity"] == "not_compared"


def test_an_estimated_birth_date_is_compared_with_nothing(context: NodeContext, answering: Answering) -> None:
    record = person_record()
    hold(context, replace(record, fields={**record.fields, "person.age_basis": "estimated"}))
    grant(context, "ngo")
    assert open_doubt(context, answering).outcome is AnswerOutcome.RELEASED
