"""Cards: issued with codes that are nowhere else, blocked, replaced, and gone with their person."""

import json
import re
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from node.cards.cards import CardInput, Cards, IssuedCard, end_of, serial_of
from node.cards.errors import CardFileTaken, CardTermsInvalid, CardUnknown
from node.cards.model import CardState
from node.cards.page import CardFiles, card_page
from node.cards.report import card_document, cards_text
from node.cards.sealed_keys import open_key
from node.cards.store import card_store
from node.cards.tables import CODES
from node.context import NodeContext
from node.errors import RecordsTampered, RecordsUnreadable
from node.ledger.own import own_ledger
from node.people.documents import parse_document
from node.people.errors import PersonUnknown
from node.people.linkage_code import new_linkage_code
from node.people.store import people_store
from policies.card_ends import CardEnd
from policies.catalogue import Sensitivity
from policies.errors import UnknownTerm
from records_exchange.assurance.person_code import GivenCode, grouped
from tests.support.clock import FrozenClock
from tests.support.parts import erasures_of, grant, hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record


def issue(
    town: NodeContext, codes: int = 4, ceilings: tuple[str, ...] = ("coordination:P2", "casework:P1")
) -> IssuedCard:
    return Cards(town).issue(CardInput(PERSON, codes, ceilings))


def test_the_codes_are_on_the_printed_card_and_nowhere_else(town: NodeContext) -> None:
    issued = issue(town)
    page = card_page(town, issued, "es")
    town.close()
    kept = b"".join(path.read_bytes() for path in town.home.rglob("*") if path.is_file())
    for code in issued.codes:
        assert grouped(code.code) in page
        assert code.code.encode() not in kept
        assert grouped(code.code).encode() not in kept
        assert code.code not in repr(issued)


def test_the_kept_keys_are_those_of_the_codes_and_open_with_the_persons_key_alone(town: NodeContext) -> None:
    issued = issue(town)
    with town.snapshot() as session:
        card = card_store(town, session).find(issued.card.serial)
        own, other = (
            people_store(town, session).cipher_of(people_store(town, session).get_by_document(each).person_id)
            for each in (PERSON, OTHER_PERSON)
        )
    assert card == issued.card
    for given, code in zip(issued.codes, issued.card.codes, strict=True):
        assert open_key(own, given.serial, code) == given.key("town")
        with pytest.raises(RecordsUnreadable):
            open_key(other, given.serial, code)


def test_a_kept_key_cannot_be_moved_to_another_code(town: NodeContext) -> None:
    issued = issue(town)
    first, second = issued.card.codes[:2]
    with town.transaction() as session:
        moved = update(CODES).where(CODES.c.number == second.number).values(sealed_key=first.sealed_key)
        session.execute(moved)
        with pytest.raises(RecordsTampered):
            card_store(town, session).find(issued.card.serial)
        cipher = people_store(town, session).cipher_of(issued.card.person_ref)
        with pytest.raises(RecordsUnreadable):
            open_key(cipher, issued.card.serial, replace(second, sealed_key=first.sealed_key))


def test_codes_are_shared_out_among_what_they_are_good_for(town: NodeContext) -> None:
    issued = issue(town, 5, ("coordination,casework", "referral:p1"))
    limits = [(code.ceiling.sensitivity, code.ceiling.purposes) for code in issued.card.codes]
    wide = (Sensitivity.P2, ("coordination", "casework"))
    assert limits == [wide, wide, wide, (Sensitivity.P1, ("referral",)), (Sensitivity.P1, ("referral",))]


@pytest.mark.parametrize(
    ("codes", "ceilings"),
    [(0, ()), (41, ()), (1, ()), (3, ("coordination:P3",)), (3, ("coordination:P4",)), (3, (":P2",)), (3, ("a:b:c",))],
)
def test_a_card_that_nobody_may_have_is_refused(town: NodeContext, codes: int, ceilings: tuple[str, ...]) -> None:
    """Two kinds of code take two codes; and no code opens special categories of data."""
    with pytest.raises(CardTermsInvalid) as caught:
        issue(town, codes, ceilings)
    assert caught.value.remedy
    assert Cards(town).list() == ()


def test_a_purpose_must_be_one_for_which_data_leave(town: NodeContext) -> None:
    for purpose in ("curiosity", "risk_training"):
        with pytest.raises(UnknownTerm):
            issue(town, 3, (purpose,))
    with pytest.raises(PersonUnknown):
        Cards(town).issue(CardInput(STRANGER))


def test_somebody_without_papers_gets_a_card_under_their_linkage_code(town: NodeContext) -> None:
    nobody_else = parse_document(new_linkage_code())
    hold(town, person_record(nobody_else, name="Sin Papeles"))
    issued = Cards(town).issue(CardInput(nobody_else, 2))
    page = card_page(town, issued, "es")
    assert Cards(town).list(nobody_else) == (issued.card,)
    assert nobody_else.number not in page


def test_the_page_names_nobody_loads_nothing_and_says_beside_each_code_what_it_opens(town: NodeContext) -> None:
    issued = issue(town)
    page = card_page(town, issued, "es")
    for of_the_person in ("Ana", "Ficticia", PERSON.number, issued.card.person_ref):
        assert of_the_person not in page
    assert not re.search(r"(src|href|url)\s*[=(]|<script", page)
    coupons = page.split('class="coupon"')[1:]
    assert len(coupons) == 4
    for coupon, code in zip(coupons, issued.codes, strict=True):
        assert f"Código {code.number}" in coupon
        assert grouped(code.serial) in coupon
        assert ("Coordinación de caso" in coupon, "nada social" in coupon) == (code.number < 3, code.number >= 3)
        assert "<svg" in coupon
    assert "Code 1" in card_page(town, issued, "en")


def test_a_blocked_card_stays_blocked_for_its_first_reason(town: NodeContext, clock: FrozenClock) -> None:
    serial = issue(town).card.serial
    blocked = Cards(town).block(serial_of(grouped(serial).lower()), CardEnd.LOST)
    assert (blocked.state(clock.now()), blocked.end) == (CardState.BLOCKED, CardEnd.LOST)
    assert Cards(town).block(serial, end_of("asked")).end is CardEnd.LOST
    with pytest.raises(CardUnknown):
        Cards(town).block("ZZZZZZZZ")
    with pytest.raises(CardTermsInvalid):
        end_of("guessed")


def test_somebody_who_does_not_know_the_serial_can_have_all_their_cards_blocked(town: NodeContext) -> None:
    first, second = issue(town).card.serial, issue(town).card.serial
    other = Cards(town).issue(CardInput(OTHER_PERSON)).card
    assert {card.serial for card in Cards(town).block_all(PERSON)} == {first, second}
    assert Cards(town).list(OTHER_PERSON) == (other,)
    with pytest.raises(CardUnknown):
        Cards(town).block_all(PERSON)


def test_a_new_card_says_what_the_earlier_codes_opened(town: NodeContext, clock: FrozenClock) -> None:
    first = issue(town)
    consent = grant(town, "ngo", fields=["household.size"])
    with town.transaction() as session:
        use = partial(card_store(town, session).use, first.card.serial, 2, origin="ngo", consent_id=consent)
        assert use(terms_sha256="ab" * 32, now=clock.now())
        assert not use(terms_sha256="ab" * 32, now=clock.now())
    second = Cards(town).replace(CardInput(PERSON))
    assert [(card.end, len(card.used)) for card in second.earlier] == [(CardEnd.REPLACED, 1)]
    uses = card_page(town, second, "es").split('class="uses"')[1]
    for shown in ("Entidad ngo", "N.º de miembros", f"{grouped(first.card.serial)} · 2"):
        assert shown in uses
    assert 'class="uses"' not in card_page(town, Cards(town).issue(CardInput(OTHER_PERSON)), "es")


@pytest.mark.invariant(3)
def test_what_happens_to_a_card_is_on_record_and_its_codes_are_not(town: NodeContext) -> None:
    first = Cards(town).issue(CardInput(PERSON, 4, professional="ts-01"))
    second = Cards(town).replace(CardInput(PERSON, 2, professional="ts-02"))
    Cards(town).block(second.card.serial, CardEnd.LOST, "ts-03")
    Cards(town).block(second.card.serial, CardEnd.LOST, "ts-04")
    with town.snapshot() as session:
        ledger = own_ledger(town, session)
        leaves = b"".join(ledger.store.leaves(0, ledger.size()))
        bodies = [json.loads(each.body) for each in ledger.store.bodies(0, ledger.size())]
    told = [(each["card"], each.get("codes") or each["reason"], each["professional"]) for each in bodies]
    assert told == [
        (first.card.serial, 4, "ts-01"),
        (first.card.serial, "replaced", "ts-02"),
        (second.card.serial, 2, "ts-02"),
        (second.card.serial, "lost", "ts-03"),
    ]
    for code in (*first.codes, *second.codes):
        assert code.code not in json.dumps(bodies)
    for secret in (first.card.serial, first.card.person_ref, "ts-01"):
        assert secret.encode() not in leaves


def test_a_card_serves_for_two_years(town: NodeContext, clock: FrozenClock) -> None:
    card = issue(town).card
    assert card.state(clock.now()) is CardState.ACTIVE
    clock.advance(days=730)
    assert card.state(clock.now()) is CardState.EXPIRED
    assert "caducada" in cards_text([card], clock.now(), "es")
    assert "expired" in card_document(card, clock.now())["state"]


@pytest.mark.invariant(3)
def test_erasing_the_person_erases_their_cards_and_no_others(town: NodeContext) -> None:
    issue(town)
    kept = Cards(town).issue(CardInput(OTHER_PERSON)).card
    erasures_of(town).erase_person(PERSON, "eu-gdpr:A17-1-b")
    assert Cards(town).list() == (kept,)
    with town.snapshot() as session:
        assert set(session.scalars(select(CODES.c.serial))) == {kept.serial}


def test_nothing_is_issued_over_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "card.pdf").write_bytes(b"")
    with pytest.raises(CardFileTaken):
        CardFiles(tmp_path / "card.html", pdf=False)


def test_the_files_are_private(town: NodeContext, tmp_path: Path) -> None:
    (written,) = CardFiles(tmp_path / "card", pdf=False).write(card_page(town, issue(town), "es"))
    assert written.name == "card.html"
    assert written.stat().st_mode & 0o077 == 0


def test_what_is_listed_never_holds_a_code(town: NodeContext, clock: FrozenClock) -> None:
    issued = issue(town)
    shown = str(card_document(issued.card, clock.now())) + cards_text([issued.card], clock.now(), "es")
    assert not any(code.code in shown for code in issued.codes)
    assert isinstance(issued.codes[0], GivenCode)
