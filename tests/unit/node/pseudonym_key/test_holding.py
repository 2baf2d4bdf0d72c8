"""The key of pseudonyms of an entity: made here, offered, replaced, destroyed when no epoch needs it."""

from pathlib import Path

import pytest
from typing_extensions import override

from consent_ledger.log.bodies import KeyChangedBody
from consent_ledger.log.entry import EntryType
from node.clients.locator import LocatorClient
from node.context import NodeContext
from node.pseudonym_key.answering import OwnEvaluationKeys
from node.pseudonym_key.background import do_due
from node.pseudonym_key.errors import PseudonymKeyMissing, PseudonymKeyNotReachable
from node.pseudonym_key.holding import KeyHolding, key_files, own_keys
from node.pseudonym_key.report import check_pseudonym_key, pseudonym_key_state, pseudonym_key_text
from records_exchange.errors import LocatorEpochUnknown, LocatorKeyDamaged
from records_exchange.key_holding.key_files import KeyFiles
from records_exchange.key_holding.statements import stated_key
from service.errors import PeerUnreachable
from service.findings import Level
from tests.support.key_holders import epoch_of, held_key, ledger_bodies
from tests.support.parts import NETWORK, SignedDirectory
from trust.locator_terms import HeldKey, KeyStatementRecord, LocatorTerms


class Coordinator(LocatorClient):
    """Takes offers, or is away."""

    def __init__(self) -> None:
        self.away = False
        self.offers: list[KeyStatementRecord] = []

    @override
    def offer_key(self, record: KeyStatementRecord) -> bool:
        if self.away:
            raise PeerUnreachable("away")
        self.offers.append(record)
        return len(self.offers) > 1


@pytest.fixture
def files(context: NodeContext) -> KeyFiles:
    return key_files(context.home, NETWORK)


@pytest.fixture
def coordinator() -> Coordinator:
    return Coordinator()


@pytest.fixture
def holding(context: NodeContext, coordinator: Coordinator) -> KeyHolding:
    context.settings = context.settings.model_copy(update={"addresses": ("127.0.0.1:9",)})
    return KeyHolding(context, coordinator)


def named(record: KeyStatementRecord, directory: SignedDirectory) -> HeldKey:
    statement = stated_key(record, directory.parties["town"], NETWORK)
    return HeldKey(holder="town", public_key=statement.public_key, statement=record)


def made(context: NodeContext) -> list[int]:
    with context.snapshot() as session:
        return [key.sequence for key in own_keys(session)]


def test_a_key_is_made_once_offered_with_proof_and_stays_here(
    context: NodeContext, files: KeyFiles, holding: KeyHolding, coordinator: Coordinator, directory: SignedDirectory
) -> None:
    assert not holding.serve()
    assert holding.serve()
    assert made(context) == [1]
    secret = files.read(1).secret
    first, second = (stated_key(record, directory.parties["town"], NETWORK) for record in coordinator.offers)
    assert first.public_key == second.public_key == files.read(1).public.hex()
    assert all(secret.hex() not in record.model_dump_json() for record in coordinator.offers)
    assert secret not in b"".join(path.read_bytes() for path in context.home.glob("node.sqlite*"))
    assert Path(files.path(1)).stat().st_mode & 0o077 == 0
    (body,) = ledger_bodies(context, EntryType.KEY_CHANGED)
    assert isinstance(body, KeyChangedBody)
    assert (body.key, body.old, body.new) == ("pseudonym", "", first.public_key)


def test_a_node_that_nobody_reaches_holds_no_key(context: NodeContext, coordinator: Coordinator) -> None:
    holding = KeyHolding(context, coordinator)
    with pytest.raises(PseudonymKeyNotReachable):
        holding.serve()
    with pytest.raises(PseudonymKeyMissing):
        holding.rotate()
    assert made(context) == []
    assert check_pseudonym_key(context) == []


def test_an_offer_that_did_not_arrive_is_repeated(
    context: NodeContext, holding: KeyHolding, coordinator: Coordinator
) -> None:
    coordinator.away = True
    with pytest.raises(PeerUnreachable):
        holding.serve()
    assert do_due(context, holding, frozenset()) == frozenset()
    coordinator.away = False
    assert holding.offer_waiting()
    assert not holding.offer_waiting()
    assert (made(context), len(coordinator.offers)) == ([1], 1)


def test_a_key_serves_until_no_epoch_names_it_and_a_later_one_is_named(
    context: NodeContext, files: KeyFiles, holding: KeyHolding, coordinator: Coordinator, directory: SignedDirectory
) -> None:
    now = context.clock.now()
    for act in (holding.serve, holding.rotate, holding.rotate):
        act()
    first, second, third = (named(record, directory) for record in coordinator.offers)
    epochs = [epoch_of(number, now, key) for number, key in enumerate((first, first, second), 1)]

    def state(*numbers: int) -> None:
        directory.locator = LocatorTerms(epochs=tuple(epochs[number - 1] for number in numbers))
        directory.publish()

    keys = OwnEvaluationKeys(context, files)
    state(1, 2)
    assert holding.destroy_ended() == ()  # the second waits to be named
    state(2, 3)
    assert holding.destroy_ended() == ()
    with context.snapshot() as session:
        assert [keys.public_key(session, number, now) for number in (2, 3)] == [first.public_key, second.public_key]
        for number in (1, 9):
            with pytest.raises(LocatorEpochUnknown):
                keys.public_key(session, number, now)
    assert keys.pair(2, first.public_key).public.hex() == first.public_key
    state(3)
    assert holding.destroy_ended() == (1,)
    assert (made(context), files.path(1).exists()) == ([2, 3], False)
    for gone in (first.public_key, held_key("town", now, sequence=7).public_key):
        with pytest.raises(LocatorKeyDamaged):
            keys.pair(2, gone)
    assert keys.pair(3, third.public_key).public.hex() == third.public_key


def test_a_key_published_in_our_name_that_we_do_not_have_is_an_alarm(
    context: NodeContext, directory: SignedDirectory
) -> None:
    now = context.clock.now()
    directory.locator = LocatorTerms(epochs=(epoch_of(1, now, held_key("town", now)),))
    directory.publish()
    (finding,) = check_pseudonym_key(context)
    assert finding.level is Level.FAILED
    with context.snapshot() as session:
        assert "ALERTA" in pseudonym_key_text(pseudonym_key_state(context, session), "es")
