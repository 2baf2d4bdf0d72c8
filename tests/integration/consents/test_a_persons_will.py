"""A person at an NGO opens what two other entities hold, with codes of their cards or with a signature, over mTLS.

The NGO is both where the consent is given and who asks under it. What it sends without the person proves nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import update

from node.cards.cards import CardInput
from node.cards.model import CardState
from node.consents.assurance.authorities import SignatureAuthorities
from node.consents.consents import GrantInput, RenewalInput, ScopeInput
from node.fetch.asking import question_of
from node.inbox.items import Inbox, ItemKind
from node.ledger.own import own_consents
from node.people.documents import Document, parse_document
from node.people.linkage_code import new_linkage_code
from node.people.store import people_store
from node.wiring import Node
from policies.assurance import Assurance
from records_exchange.assurance.given_codes import GivenCodes
from records_exchange.assurance.person_code import GivenCode, new_code
from records_exchange.mailboxes import SqlMailbox
from records_exchange.tables import OutboxMessage
from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from tests.support.people import OTHER_PERSON
from tests.support.signatures import TestAuthority
from trust.parties import EntityKind

pytestmark = pytest.mark.invariant(1)

HOLDERS = ("town", "county")
FIELDS = ("person.language", "case.needs", "health.conditions_flag")
"""One of each sensitivity: ordinary, social, special category."""
VALUES = ("person.language", "work.status")
"""Fields in which the record has a value, below every ceiling of a code."""


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    network = ExchangeNetwork(tmp_path)
    network.add("ngo")
    for entity in HOLDERS:
        network.add(entity, kind=EntityKind.PUBLIC)
    for entity in ("ngo", *HOLDERS):
        hold(network.nodes[entity], person_record(), person_record(OTHER_PERSON, name="Eva Ficticia"))
    with network.serving(*HOLDERS):
        yield network
    network.close()


def card(network: ExchangeNetwork, holder: str, document: Document = PERSON) -> tuple[GivenCode, ...]:
    """Give the person a card at a holder and return its codes: coordination first, then casework."""
    return network.nodes[holder].cards.issue(CardInput(document, 10)).codes


def codes_of(network: ExchangeNetwork, document: Document = PERSON) -> dict[str, GivenCode]:
    return {holder: card(network, holder, document)[9] for holder in HOLDERS}


def give(
    network: ExchangeNetwork,
    codes: dict[str, GivenCode],
    *,
    fields: Sequence[str] = VALUES,
    purpose: str = "casework",
    document: Document = PERSON,
) -> str:
    """Record at the NGO that this NGO may ask the holders, with the codes that the person hands over; it is sent."""
    given = GrantInput(document, (purpose,), ("ngo",), tuple(fields), holders=HOLDERS, proofs=(GivenCodes(codes),))
    consent = network.nodes["ngo"].consents.grant(given).consent_id
    network.nodes["ngo"].outbox.deliver_due()
    return consent


def received(
    network: ExchangeNetwork, *, fields: Sequence[str] = VALUES, document: Document = PERSON
) -> dict[str, set[str]]:
    """Return the fields that the NGO gets, by holder."""
    ngo = network.nodes["ngo"]
    question = question_of(ngo.context, "casework", fields=tuple(fields))
    replies = ngo.asking.fetch(document, question, list(HOLDERS)).replies
    return {
        reply.holder.id: {field.id for field in reply.answer.fields} if reply.released and reply.answer else set()
        for reply in replies
    }


def found_at(node: Node, consent: str) -> tuple[list[Assurance], str | None]:
    """Return the proofs that a holder's ledger has for a consent, and why an evidence proved nothing."""
    with node.context.snapshot() as session:
        origin = own_consents(node.context, session).get(consent).record.origin
    assert origin is not None
    return [proof.assurance for proof in origin.proofs or ()], origin.unproved


NOTHING: dict[str, set[str]] = {"town": set(), "county": set()}


def test_a_person_at_an_ngo_opens_two_holders_with_one_code_of_each_card(network: ExchangeNetwork) -> None:
    assert received(network) == NOTHING
    consent = give(network, codes_of(network))
    assert received(network) == {holder: set(VALUES) for holder in HOLDERS}
    for holder in HOLDERS:
        assert found_at(network.nodes[holder], consent) == ([Assurance.PERSON_CODE], None)
        (used,) = (code for each in network.nodes[holder].cards.list(PERSON) for code in each.used)
        assert (used.used_by, used.consent_id) == ("ngo", consent)


def test_somebody_without_papers_opens_them_too(network: ExchangeNetwork) -> None:
    nobody_else = parse_document(new_linkage_code())
    for node in network.nodes.values():
        hold(node, person_record(nobody_else, name="Sin Papeles"))
    give(network, codes_of(network, nobody_else), document=nobody_else)
    assert received(network, document=nobody_else) == {holder: set(VALUES) for holder in HOLDERS}


def test_the_word_of_the_ngo_alone_opens_nothing(network: ExchangeNetwork) -> None:
    consent = give(network, {})
    assert received(network) == NOTHING
    assert found_at(network.nodes["town"], consent) == ([], None)


def test_a_forged_code_opens_nothing_and_the_ngo_cannot_tell(network: ExchangeNetwork) -> None:
    codes = codes_of(network)
    forged = {holder: replace(code, code=new_code()) for holder, code in codes.items()}
    consent = give(network, forged)
    assert received(network) == NOTHING
    assert found_at(network.nodes["town"], consent) == ([], "code_wrong")
    with network.nodes["ngo"].context.snapshot() as session:
        assert ItemKind.NOTIFICATION_REFUSED not in {item.kind for item in Inbox(session).list()}


def test_the_card_of_somebody_else_opens_nothing(network: ExchangeNetwork) -> None:
    consent = give(network, codes_of(network, OTHER_PERSON))
    assert received(network) == NOTHING
    assert found_at(network.nodes["county"], consent) == ([], "code_wrong")


def test_a_code_opens_one_consent_only(network: ExchangeNetwork) -> None:
    codes = codes_of(network)
    give(network, codes, fields=VALUES[:1])
    second = give(network, codes)
    assert received(network) == {holder: {VALUES[0]} for holder in HOLDERS}
    assert found_at(network.nodes["town"], second) == ([], "code_used")


def test_a_narrower_consent_keeps_its_code_and_a_renewed_one_does_not(network: ExchangeNetwork) -> None:
    ngo = network.nodes["ngo"]
    consent = give(network, codes_of(network))
    ngo.consents.narrow(consent, ScopeInput(fields=VALUES[:1]))
    ngo.outbox.deliver_due()
    assert received(network) == {holder: {VALUES[0]} for holder in HOLDERS}
    network.clock.advance(minutes=1)  # type: ignore[attr-defined]  # the frozen clock of tests
    ngo.consents.renew(RenewalInput(consent))
    ngo.outbox.deliver_due()
    assert received(network) == NOTHING, "a renewal is a new act, which takes a new proof"


def test_no_code_opens_more_than_is_printed_beside_it(network: ExchangeNetwork) -> None:
    give(network, codes_of(network), fields=(*VALUES, "health.conditions_flag"))
    assert received(network, fields=(*VALUES, "health.conditions_flag")) == {h: set(VALUES) for h in HOLDERS}
    coordination = {holder: card(network, holder)[0] for holder in HOLDERS}
    consent = give(network, coordination, fields=("edu.level",))
    assert received(network, fields=("edu.level",)) == NOTHING
    assert found_at(network.nodes["town"], consent) == ([], "code_other_purpose")


def test_a_blocked_card_opens_nothing(network: ExchangeNetwork) -> None:
    codes = codes_of(network)
    for holder in HOLDERS:
        network.nodes[holder].cards.block_all(PERSON)
    consent = give(network, codes)
    assert received(network) == NOTHING
    assert found_at(network.nodes["town"], consent) == ([], "card_blocked")


def test_guesses_block_the_card_and_alarm_and_honest_people_are_still_answered(network: ExchangeNetwork) -> None:
    codes = codes_of(network)
    for _each in range(6):
        give(network, {holder: replace(code, code=new_code()) for holder, code in codes.items()})
    town = network.nodes["town"]
    assert [each.state(network.clock.now()) for each in town.cards.list(PERSON)] == [CardState.BLOCKED]
    with town.context.snapshot() as session:
        alarms = {item.kind for item in Inbox(session).list()}
    assert {ItemKind.CARD_BLOCKED, ItemKind.CODE_GUESSES} <= alarms
    network.clock.advance(hours=2)  # type: ignore[attr-defined]  # the frozen clock of tests
    give(network, codes_of(network, OTHER_PERSON), document=OTHER_PERSON)
    assert received(network, document=OTHER_PERSON) == {holder: set(VALUES) for holder in HOLDERS}


# ---- a signature


@pytest.fixture
def authority(network: ExchangeNetwork, tmp_path: Path) -> TestAuthority:
    """An authority that every entity has pinned."""
    made = TestAuthority(now=network.clock.now())
    (tmp_path / "root.pem").write_bytes(made.pem)
    for node in network.nodes.values():
        SignatureAuthorities(node.context).add(tmp_path / "root.pem", made.fingerprint)
    return made


def form(network: ExchangeNetwork, fields: Sequence[str] = (*VALUES, "health.conditions_flag")) -> bytes:
    given = GrantInput(PERSON, ("casework",), ("ngo",), tuple(fields), holders=HOLDERS)
    return network.nodes["ngo"].signed_consents.form(given).pdf


def test_one_signature_opens_two_holders_up_to_health_data(
    network: ExchangeNetwork, authority: TestAuthority, tmp_path: Path
) -> None:
    ngo, signed = network.nodes["ngo"], tmp_path / "signed.pdf"
    signed.write_bytes(authority.person(f"IDCES-{PERSON.number}").sign(form(network)))
    consent = ngo.signed_consents.grant(signed).consent_id
    ngo.outbox.deliver_due()
    everything = {*VALUES, "health.conditions_flag"}
    assert received(network, fields=tuple(everything)) == dict.fromkeys(HOLDERS, everything)
    for holder in HOLDERS:
        assert found_at(network.nodes[holder], consent) == ([Assurance.E_SIGNATURE], None)
        assert network.nodes[holder].consents.evidence(consent) == signed.read_bytes()


def test_a_holder_that_pinned_no_authority_opens_nothing(
    network: ExchangeNetwork, authority: TestAuthority, tmp_path: Path
) -> None:
    town, signed = network.nodes["town"], tmp_path / "signed.pdf"
    SignatureAuthorities(town.context).remove(authority.fingerprint)
    signed.write_bytes(authority.person(PERSON.number).sign(form(network)))
    consent = network.nodes["ngo"].signed_consents.grant(signed).consent_id
    network.nodes["ngo"].outbox.deliver_due()
    assert received(network) == {"town": set(), "county": set(VALUES)}
    assert found_at(town, consent) == ([], "no_pinned_authority")


def test_a_form_signed_by_somebody_else_opens_nothing(
    network: ExchangeNetwork, authority: TestAuthority, tmp_path: Path
) -> None:
    """The NGO knows both people, and sends the signature of one for the other."""
    ngo, signed = network.nodes["ngo"], tmp_path / "signed.pdf"
    signed.write_bytes(authority.person(OTHER_PERSON.number).sign(form(network)))
    consent = ngo.signed_consents.grant(signed).consent_id
    with ngo.context.transaction() as session:
        people = people_store(ngo.context, session)
        record = SqlMailbox(session).about(consent)
        session.execute(
            update(OutboxMessage)
            .where(OutboxMessage.number.in_([each.number for each in record]))
            .values(person_ref=people.get_by_document(PERSON).person_id)
        )
    ngo.outbox.deliver_due()
    assert received(network) == NOTHING
    assert found_at(network.nodes["town"], consent) == ([], "form_other_signer")
