"""A code opens a consent once, for its terms, below its ceiling; guesses are counted, and end the card."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from consent_ledger.log.actors import Actor
from node.cards.cards import CardInput, Cards, IssuedCard
from node.cards.finding import cards_lines, cards_state, check_cards
from node.cards.model import CardState
from node.cards.store import card_store
from node.cards.verifier import (
    CARD_BLOCKED,
    CARD_EXPIRED,
    CODE_ABOVE_CEILING,
    CODE_OTHER_PURPOSE,
    CODE_USED,
    CODE_WRONG,
    CODES_BARRED,
    PersonCodeVerifier,
)
from node.context import NodeContext
from node.inbox.items import Inbox, ItemKind
from node.ledger.own import own_ledger
from node.people.store import people_store
from policies.assurance import Assurance
from policies.card_ends import CardEnd
from policies.catalogue import Sensitivity
from records_exchange.assurance.evidence import EvidenceContext, PersonCode, Proof, Unproved, evidence_digest
from records_exchange.assurance.person_code import CodeUse, GivenCode, new_code
from records_exchange.assurance.terms import ConsentTerms
from service.findings import Level
from tests.support.clock import START, FrozenClock
from tests.support.people import OTHER_PERSON, PERSON

TERMS = ConsentTerms(
    consent_id="ab" * 16,
    origin="ngo",
    fields=("case.needs", "household.size"),
    purposes=("coordination",),
    recipients=("ngo",),
    holders=("town",),
    valid_from=START,
    valid_until=START + timedelta(days=30),
    agreed_at=START,
    acted_by=Actor.PERSON,
    guardian_relation=None,
    notice_sha256="cd" * 32,
)


@dataclass
class Holder:
    """The holder, with a card of PERSON: codes 1 and 2 up to P2 for coordination, 3 up to P1 for casework too."""

    context: NodeContext
    issued: IssuedCard

    def evidence(self, number: int, terms: ConsentTerms = TERMS, *, origin: str = "ngo", code: str = "") -> PersonCode:
        given = self.issued.codes[number - 1]
        given = replace(given, code=code) if code else given
        mac = CodeUse("town", origin, given.serial, number, terms.digest).mac(given.key("town"))
        return PersonCode(card=given.serial, number=number, mac=mac)

    def verify(
        self, evidence: PersonCode, terms: ConsentTerms = TERMS, *, origin: str = "ngo", person: str = ""
    ) -> Proof | Unproved:
        now = self.context.clock.now()
        with self.context.transaction() as session:
            ref = person or people_store(self.context, session).get_by_document(PERSON).person_id
            asked = EvidenceContext(session, origin, "town", ref, terms, now)
            return PersonCodeVerifier(self.context).verify(evidence, terms.digest, asked)

    def guess(self, times: int, *, origin: str = "ngo") -> Sequence[Proof | Unproved]:
        return [self.verify(self.evidence(1, origin=origin, code=new_code()), origin=origin) for _each in range(times)]

    def inbox(self) -> list[tuple[str, str]]:
        with self.context.snapshot() as session:
            return [(item.kind, item.peer) for item in Inbox(session).list()]

    @property
    def state(self) -> CardState:
        (card,) = Cards(self.context).list(PERSON)
        return card.state(self.context.clock.now())


@pytest.fixture
def holder(town: NodeContext) -> Holder:
    limits = ("coordination:P2", "coordination,casework:P1")
    return Holder(town, Cards(town).issue(CardInput(PERSON, 3, limits)))


def test_a_code_proves_the_terms_up_to_what_is_printed_beside_it(holder: Holder) -> None:
    evidence = holder.evidence(1)
    proof = Proof(
        Assurance.PERSON_CODE, evidence_digest(evidence), Sensitivity.P2, purposes=frozenset({"coordination"})
    )
    assert holder.verify(evidence) == proof
    (card,) = Cards(holder.context).list(PERSON)
    (used,) = card.used
    assert (used.number, used.used_by, used.consent_id) == (1, "ngo", TERMS.consent_id)


def test_the_same_consent_may_be_sent_again_with_its_code(holder: Holder, clock: FrozenClock) -> None:
    """Also when the card was blocked, ran out, or the origin was barred for other guesses since."""
    evidence = holder.evidence(1)
    proof = holder.verify(evidence)
    Cards(holder.context).block(holder.issued.card.serial)
    holder.guess(6)
    clock.advance(days=800)
    assert holder.verify(evidence) == proof
    assert isinstance(proof, Proof)


def test_a_code_serves_once(holder: Holder) -> None:
    holder.verify(holder.evidence(1))
    other = TERMS.model_copy(update={"consent_id": "cd" * 16})
    wider = TERMS.model_copy(update={"fields": ("case.needs", "household.size", "work.status")})
    for terms in (other, wider):
        assert holder.verify(holder.evidence(1, terms), terms) == Unproved(CODE_USED)


def test_a_mac_for_other_terms_another_origin_or_another_number_proves_nothing(holder: Holder) -> None:
    wider = TERMS.model_copy(update={"fields": ("case.needs", "household.size", "work.status")})
    assert holder.verify(holder.evidence(1), wider) == Unproved(CODE_WRONG)
    assert holder.verify(holder.evidence(1, origin="ngo"), origin="other") == Unproved(CODE_WRONG)
    assert holder.verify(holder.evidence(1).model_copy(update={"number": 2})) == Unproved(CODE_WRONG)
    assert isinstance(holder.verify(holder.evidence(1)), Proof), "an honest use is not spent by them"


def test_a_forged_code_opens_nothing(holder: Holder) -> None:
    assert holder.guess(1) == [Unproved(CODE_WRONG)]
    forged = PersonCode(card="ZZZZZZZZ", number=1, mac="ab" * 32)
    assert holder.verify(forged) == Unproved(CODE_WRONG)


def test_the_card_of_one_person_proves_nothing_about_another(holder: Holder) -> None:
    with holder.context.snapshot() as session:
        other = people_store(holder.context, session).get_by_document(OTHER_PERSON).person_id
    assert holder.verify(holder.evidence(1), person=other) == Unproved(CODE_WRONG)


@pytest.mark.parametrize(
    ("number", "changes", "reason"),
    [
        (1, {"purposes": ("casework",)}, CODE_OTHER_PURPOSE),
        (1, {"fields": ("health.conditions_flag",)}, CODE_ABOVE_CEILING),
        (3, {"fields": ("case.needs",)}, CODE_ABOVE_CEILING),
        (3, {"fields": ("no.such_field",)}, CODE_ABOVE_CEILING),
    ],
)
def test_a_code_never_opens_more_than_is_printed_beside_it(
    holder: Holder, number: int, changes: dict[str, object], reason: str
) -> None:
    terms = TERMS.model_copy(update=changes)
    assert holder.verify(holder.evidence(number, terms), terms) == Unproved(reason)
    (card,) = Cards(holder.context).list(PERSON)
    assert card.used == ()


def test_of_wider_terms_a_code_proves_the_part_below_its_ceiling(holder: Holder) -> None:
    terms = TERMS.model_copy(update={"fields": ("case.needs", "household.size"), "purposes": ("casework", "referral")})
    proof = holder.verify(holder.evidence(3, terms), terms)
    assert isinstance(proof, Proof)
    assert (proof.ceiling, proof.purposes) == (Sensitivity.P1, frozenset({"coordination", "casework"}))


def test_a_blocked_or_expired_card_opens_nothing(holder: Holder, clock: FrozenClock) -> None:
    Cards(holder.context).block(holder.issued.card.serial)
    assert holder.verify(holder.evidence(1)) == Unproved(CARD_BLOCKED)
    second = Holder(holder.context, Cards(holder.context).issue(CardInput(PERSON)))
    clock.advance(days=730)
    assert second.verify(second.evidence(1)) == Unproved(CARD_EXPIRED)


def test_five_wrong_codes_in_an_hour_block_the_card_bar_their_origin_and_alarm(
    holder: Holder, clock: FrozenClock
) -> None:
    assert holder.guess(4) == [Unproved(CODE_WRONG)] * 4
    assert (holder.state, holder.inbox()) == (CardState.ACTIVE, [])
    holder.guess(1)
    assert holder.state is CardState.BLOCKED
    assert Cards(holder.context).list(PERSON)[0].end is CardEnd.GUESSED
    with holder.context.snapshot() as session:
        ledger = own_ledger(holder.context, session)
        body = json.loads(list(ledger.store.bodies(0, ledger.size()))[-1].body)
    assert (body["reason"], body["professional"]) == ("guessed", None)
    alarms = [(ItemKind.CODE_GUESSES.value, "ngo"), (ItemKind.CARD_BLOCKED.value, "ngo")]
    assert holder.inbox() == alarms
    assert holder.guess(100) == [Unproved(CODES_BARRED)] * 100
    assert holder.inbox() == alarms, "a flood of guesses is one alarm"
    assert check_cards(holder.context).level is Level.WARNING
    assert len(cards_lines(cards_state(holder.context))) == 2
    clock.advance(minutes=61)
    assert holder.verify(holder.evidence(1)) == Unproved(CARD_BLOCKED), "the card stays blocked"


def test_guesses_of_one_origin_bar_no_other(holder: Holder) -> None:
    for _each in range(5):
        unknown = PersonCode(card="ZZZZZZZZ", number=1, mac=GivenCode("", 1, new_code()).key("x").hex())
        holder.verify(unknown, origin="other")
    assert holder.guess(1, origin="other") == [Unproved(CODES_BARRED)]
    assert holder.inbox() == [(ItemKind.CODE_GUESSES.value, "other")]
    assert isinstance(holder.verify(holder.evidence(1)), Proof)


def test_wrong_codes_over_a_longer_time_or_sent_again_are_no_flood(holder: Holder, clock: FrozenClock) -> None:
    wrong = holder.evidence(1, code=new_code())
    for _each in range(10):
        holder.verify(wrong)
    for _each in range(4):
        clock.advance(minutes=61)
        holder.guess(1)
    assert (holder.state, holder.inbox()) == (CardState.ACTIVE, [])
    assert check_cards(holder.context).level is Level.WARNING, "five in a week are worth a look"


def test_old_tries_are_forgotten(holder: Holder, clock: FrozenClock) -> None:
    holder.guess(2)
    clock.advance(days=31)
    holder.guess(1)
    with holder.context.snapshot() as session:
        assert card_store(holder.context, session).tries_by_origin(START - timedelta(days=1)) == {"ngo": 1}
