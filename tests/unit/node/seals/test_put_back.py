"""Somebody writes to the database without the keys: what was altered or put back is used by nobody."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, cast

import pytest
from sqlalchemy import Table, delete, select, update

from consent_ledger.log.tables import ConsentPolicyRow, ConsentRow, LedgerHeadRow
from node.cards.cards import CardInput, Cards
from node.cards.store import card_store
from node.cards.tables import CARDS, CODES
from node.consents.assurance.policy import policy_in_force, set_policy
from node.consents.in_force import consents_in_force
from node.context import NodeContext
from node.errors import RecordsTampered
from node.ledger.own import own_ledger
from node.operations.sealing import check_seals
from node.people.store import people_store
from node.people.tables import HOUSEHOLDS, INTERVENTIONS, PEOPLE, SPELLS, VALUES
from policies.assurance import default_policy
from records_exchange.answer import AnswerOutcome
from records_exchange.tables import LinkedPerson
from service.findings import Level
from tests.support.answering import ask, request
from tests.support.assurance_policies import TRUSTING
from tests.support.clock import FrozenClock
from tests.support.parts import answering_of, consents_of, grant, hold
from tests.support.people import OTHER_PERSON, PERSON, person_record
from tests.support.put_back import SEAL_TABLES, copied, put_back

LONG_AGO: Final = datetime(2001, 1, 1, tzinfo=UTC)
FIELDS: Final = ("person.sex", "work.status", "econ.benefit_months", "household.size", "action.log")
HEAD: Final = cast("Table", LedgerHeadRow.__table__)
CONSENTS: Final = cast("Table", ConsentRow.__table__)
POLICY: Final = cast("Table", ConsentPolicyRow.__table__)
OF_A_PERSON: Final = (HOUSEHOLDS, PEOPLE, VALUES, SPELLS, INTERVENTIONS)


def changed_record(**fields: Any) -> Any:
    record = person_record()
    return replace(record, fields={**record.fields, **fields})


def size(context: NodeContext) -> int:
    with context.snapshot() as session:
        return own_ledger(context, session).size()


def person_id(context: NodeContext) -> str:
    with context.snapshot() as session:
        return str(session.scalars(select(PEOPLE.c.person_id)).one())


def answer(context: NodeContext) -> Any:
    return ask(answering_of(context), request(context, fields=FIELDS))


def refuses(context: NodeContext) -> None:
    """A fetch, and every other reading of the person, is refused; nothing is in the ledger; doctor names the person."""
    before = size(context)
    with pytest.raises(RecordsTampered) as raised:
        answer(context)
    assert raised.value.remedy
    assert size(context) == before
    found = check_seals(context)
    assert found.level is Level.FAILED
    assert PERSON.number not in f"{found.text}{found.detail}"


def alter(context: NodeContext, statement: Any) -> None:
    with context.transaction() as session:
        session.execute(statement)


def value_of(field: str) -> Any:
    return (VALUES.c.field_id == field) & (VALUES.c.person_id.is_not(None))


ALTERATIONS: Final[dict[str, Callable[[], Any]]] = {
    "a readable value": lambda: update(VALUES).where(value_of("work.status")).values(readable='"employed"'),
    "its date": lambda: (
        update(VALUES).where(value_of("work.status")).values(recorded_at=datetime(2001, 1, 1, tzinfo=UTC))
    ),
    "its field": lambda: update(VALUES).where(value_of("work.status")).values(field_id="person.nationality"),
    "a value deleted": lambda: delete(VALUES).where(value_of("work.status")),
    "its version": lambda: update(VALUES).where(value_of("person.contact")).values(version=0),
    "a spell": lambda: update(SPELLS).values(benefit="imv"),
    "an intervention deleted": lambda: delete(INTERVENTIONS),
    "the household": lambda: update(HOUSEHOLDS).values(size=9),
    "no household": lambda: update(PEOPLE).values(household_id=None),
    "an invented person": lambda: update(PEOPLE).values(fictitious=False),
}


@pytest.mark.invariant(8)
@pytest.mark.parametrize("what", ALTERATIONS)
def test_an_altered_row_is_released_to_nobody(context: NodeContext, clock: FrozenClock, what: str) -> None:
    grant(context, "ngo", fields=FIELDS)
    assert answer(context).outcome is AnswerOutcome.RELEASED
    clock.advance(minutes=1)
    alter(context, ALTERATIONS[what]())
    refuses(context)
    assert person_id(context) in check_seals(context).detail or what == "the household"


@pytest.mark.invariant(8)
def test_an_old_sealed_value_does_not_turn_a_flag_on_again(context: NodeContext) -> None:
    """The proven attack: the ciphertext of before, in the same cell, of the same person."""
    old = copied(context, VALUES)
    hold(context, changed_record(**{"protect.gender_violence": False}))
    before = next(row for row in old[VALUES] if row["field_id"] == "protect.gender_violence")
    alter(context, update(VALUES).where(value_of("protect.gender_violence")).values(sealed=before["sealed"]))
    with context.snapshot() as session, pytest.raises(RecordsTampered):
        people_store(context, session).fields(person_id(context), ["protect.gender_violence"])
    assert person_id(context) in check_seals(context).detail


def readings(context: NodeContext) -> dict[str, Callable[[], Any]]:
    def read(use: Callable[[Any], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with context.transaction() as session:
                return use(people_store(context, session))

        return run

    one = person_id(context)
    return {
        "page": read(lambda people: people.fields(one, ["work.status"])),
        "identity": read(lambda people: people.identity(one)),
        "summary": read(lambda people: people.summary_input(one, ["work.status"])),
        "export": read(lambda people: list(people.records())),
        "risk": read(lambda people: list(people.records(fields=["work.status"]))),
        "index": read(lambda people: list(people.documents())),
        "import": lambda: hold(context, changed_record(**{"work.status": "employed"})),
    }


@pytest.mark.invariant(8)
@pytest.mark.parametrize("what", ["page", "summary", "export", "risk", "import"])
def test_every_reading_is_refused(context: NodeContext, what: str) -> None:
    alter(context, ALTERATIONS["a readable value"]())
    with pytest.raises(RecordsTampered):
        readings(context)[what]()


@pytest.mark.invariant(8)
@pytest.mark.parametrize("what", ["page", "identity", "summary", "export", "risk", "index", "import"])
def test_a_name_of_before_is_refused_by_every_reading(context: NodeContext, what: str) -> None:
    old = copied(context, VALUES)
    hold(context, replace(person_record(), name="Ana Otra Ficticia"))
    before = next(row for row in old[VALUES] if row["field_id"] == "person.name")
    alter(context, update(VALUES).where(value_of("person.name")).values(sealed=before["sealed"], version=1))
    with pytest.raises(RecordsTampered):
        readings(context)[what]()


@pytest.mark.invariant(8)
@pytest.mark.parametrize("beside", range(4), ids=["alone", "with seal", "with page", "with root"])
def test_all_old_rows_of_a_person_are_refused(context: NodeContext, beside: int) -> None:
    """Whatever is put back beside them: the seal, its page, the root. The ledger has grown since."""
    grant(context, "ngo", fields=FIELDS)
    old = copied(context, *OF_A_PERSON, *SEAL_TABLES[:beside])
    hold(context, changed_record(**{"work.status": "employed"}))
    assert answer(context).outcome is AnswerOutcome.RELEASED
    put_back(context, old)
    refuses(context)


@pytest.mark.invariant(8)
def test_an_old_bond_with_the_ledger_fits_no_newer_head(context: NodeContext) -> None:
    grant(context, "ngo", fields=FIELDS)
    old, head = copied(context, *OF_A_PERSON, *SEAL_TABLES), copied(context, HEAD)[HEAD][0]
    hold(context, changed_record(**{"work.status": "employed"}))
    answer(context)
    put_back(context, old)
    alter(context, update(HEAD).values(binding=head["binding"]))
    refuses(context)


@pytest.mark.invariant(8)
def test_without_any_seal_nothing_is_used(context: NodeContext) -> None:
    """As an older version would have left it: that is believed once, and never again (`test_sealing`)."""
    grant(context, "ngo", fields=FIELDS)
    for table in SEAL_TABLES:
        alter(context, delete(table))
    alter(context, update(HEAD).values(binding=None))
    refuses(context)


@pytest.mark.invariant(4)
@pytest.mark.parametrize("beside", range(4), ids=["alone", "with seal", "with page", "with root"])
def test_a_consent_of_before_its_withdrawal_opens_nothing(context: NodeContext, beside: int) -> None:
    consent = grant(context, "ngo", fields=FIELDS)
    old = copied(context, CONSENTS, *SEAL_TABLES[:beside])
    consents_of(context).withdraw(consent)
    assert answer(context).outcome is AnswerOutcome.REFUSED
    put_back(context, old)
    refuses(context)
    with pytest.raises(RecordsTampered):
        consents_in_force(context)


@pytest.mark.invariant(1)
def test_a_consent_that_nobody_gave_opens_nothing(context: NodeContext) -> None:
    grant(context, "ngo", fields=FIELDS)
    document = copied(context, CONSENTS)[CONSENTS][0]["document"]
    alter(context, update(CONSENTS).values(document=document.replace('"work.status"', '"edu.level"')))
    refuses(context)


@pytest.mark.invariant(4)
def test_a_deleted_no_is_noticed(context: NodeContext) -> None:
    first = grant(context, "ngo", fields=FIELDS)
    consents_of(context).withdraw(first)
    alter(context, delete(CONSENTS))
    refuses(context)


@pytest.mark.invariant(1)
def test_a_consent_moved_to_another_person_opens_nothing(context: NodeContext) -> None:
    hold(context, person_record(OTHER_PERSON, name="Otra Ficticia"))
    with context.snapshot() as session:
        other = people_store(context, session).get_by_document(OTHER_PERSON).person_id
    grant(context, "ngo", fields=FIELDS)
    alter(context, update(CONSENTS).values(person_ref=other))
    with pytest.raises(RecordsTampered):
        ask(answering_of(context), request(context, OTHER_PERSON, fields=FIELDS))


@pytest.mark.invariant(1)
def test_a_pseudonym_that_leads_to_somebody_else_is_refused(context: NodeContext) -> None:
    hold(context, person_record(OTHER_PERSON, name="Otra Ficticia"))
    grant(context, "ngo", fields=FIELDS)
    answer(context)
    with context.snapshot() as session:
        other = people_store(context, session).get_by_document(OTHER_PERSON).person_id
    with context.transaction() as session:
        ours = session.scalars(select(LinkedPerson.pseudonym).where(LinkedPerson.person_ref != other)).one()
        session.execute(delete(LinkedPerson).where(LinkedPerson.person_ref == other))
        session.execute(update(LinkedPerson).where(LinkedPerson.pseudonym == ours).values(person_ref=other))
    with pytest.raises(RecordsTampered):
        answer(context)


@pytest.mark.invariant(4)
@pytest.mark.parametrize("beside", [0, 1, 2, 3])
def test_a_used_code_does_not_serve_again(context: NodeContext, clock: FrozenClock, beside: int) -> None:
    issued = Cards(context).issue(CardInput(PERSON, codes=2))
    old = copied(context, CARDS, CODES, *SEAL_TABLES[:beside])
    use = {"origin": "ngo", "consent_id": "c" * 32, "terms_sha256": "d" * 64, "now": clock.now()}
    with context.transaction() as session:
        assert card_store(context, session).use(issued.card.serial, 1, **use)  # type: ignore[arg-type]
    grant(context, "ngo", fields=FIELDS)
    put_back(context, old)
    with context.transaction() as session, pytest.raises(RecordsTampered):
        card_store(context, session).use(issued.card.serial, 1, **use)  # type: ignore[arg-type]
    with context.snapshot() as session, pytest.raises(RecordsTampered):
        card_store(context, session).find(issued.card.serial)


@pytest.mark.invariant(1)
def test_a_policy_that_the_officer_replaced_does_not_come_back(context: NodeContext) -> None:
    set_policy(context, default_policy())
    old = copied(context, POLICY)
    set_policy(context, TRUSTING)
    put_back(context, old)
    with pytest.raises(RecordsTampered):
        policy_in_force(context)
    alter(context, delete(POLICY))
    with pytest.raises(RecordsTampered):
        policy_in_force(context)


@pytest.mark.invariant(8)
@pytest.mark.parametrize("garbage", ["yesterday", "", 7, b"\xff"])
def test_a_value_that_no_column_holds_is_a_typed_error(context: NodeContext, garbage: object) -> None:
    grant(context, "ngo", fields=FIELDS)
    with context.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE recorded_values SET recorded_at = ?", (garbage,))
    refuses(context)
    assert person_id(context) in check_seals(context).detail


def test_what_was_altered_can_be_erased_and_recorded_anew(context: NodeContext, clock: FrozenClock) -> None:
    alter(context, ALTERATIONS["a readable value"]())
    with context.transaction() as session:
        people_store(context, session).erase(person_id(context), clock.now())
    assert check_seals(context).level is Level.OK
    hold(context, person_record())
    assert check_seals(context).level is Level.OK


@pytest.mark.invariant(3)
def test_an_erased_person_does_not_come_back(context: NodeContext, clock: FrozenClock) -> None:
    old = copied(context, *OF_A_PERSON)
    one = person_id(context)
    with context.transaction() as session:
        people_store(context, session).erase(one, clock.now())
    put_back(context, old)
    with context.snapshot() as session, pytest.raises(RecordsTampered):
        people_store(context, session).identity(one)


def test_an_honest_node_finds_all_its_seals_right(context: NodeContext) -> None:
    consent = grant(context, "ngo", fields=FIELDS)
    Cards(context).issue(CardInput(PERSON, codes=2))
    hold(context, changed_record(**{"work.status": "employed"}), person_record(OTHER_PERSON, name="Otra Ficticia"))
    set_policy(context, TRUSTING)
    consents_of(context).withdraw(consent)
    found = check_seals(context)
    assert found.level is Level.OK, found.detail
