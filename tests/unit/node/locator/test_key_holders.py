"""Which epochs a node uses: those whose other key holders proved their keys, and are the ones that it counts on."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType
from node.context import NodeContext
from node.inbox.items import ItemKind
from node.locator.errors import KeyHolderInvalid, KeyHoldersChanged
from node.locator.key_holders import POLICY_CODE, KeyHolders, expected_holders
from node.locator.key_holders_report import (
    check_key_holders,
    key_holder_items,
    key_holders_line,
    key_holders_state,
    key_holders_text,
)
from policies.errors import RedpactError
from records_exchange.errors import HeldKeyUnproven
from service.findings import Level
from tests.support.key_holders import epoch_of, held_key, ledger_bodies, pair_of
from tests.support.parts import SignedDirectory, keys_of
from trust.locator_terms import HeldKey, LocatorEpoch, LocatorTerms

pytestmark = pytest.mark.invariant(5)


@pytest.fixture
def directory(directory: SignedDirectory) -> SignedDirectory:
    """With two more entities: one that honestly holds a key, and one that the coordinator admitted for itself."""
    for entity in ("county", "puppet"):
        directory.add(entity)
    return directory


def state(directory: SignedDirectory, *epochs: LocatorEpoch) -> None:
    ends = directory.clock.now() + timedelta(days=14)
    older = tuple(each.model_copy(update={"ends": each.ends or ends}) for each in epochs[:-1])
    directory.locator = LocatorTerms(epochs=(*older, epochs[-1]))
    directory.publish()


def numbers(context: NodeContext) -> list[int]:
    """Return the numbers of the epochs that the node uses."""
    now = context.clock.now()
    return [epoch.number for epoch in KeyHolders(context).epochs(context.directory.current(now), now).required()]


def faults(context: NodeContext) -> dict[int, str]:
    with context.snapshot() as session:
        return {each["number"]: each["fault"] for each in key_holders_state(context, session)["epochs"]}


def noted(context: NodeContext) -> int:
    """Return the number of entries about key holders in the ledger."""
    bodies = ledger_bodies(context, EntryType.POLICY_CHANGED)
    return sum(isinstance(body, PolicyChangedBody) and body.policy == POLICY_CODE for body in bodies)


def test_a_second_holder_is_noted_once_and_from_then_on_counted_on(
    context: NodeContext, directory: SignedDirectory
) -> None:
    now = context.clock.now()
    first, second = epoch_of(1, now), epoch_of(2, now, held_key("county", now))
    state(directory, first)
    assert numbers(context) == [1]
    state(directory, first, second)
    assert numbers(context) == [1, 2]  # the epoch before goes on until it ends
    assert numbers(context) == [1, 2]
    assert noted(context) == 1
    state(directory, second, epoch_of(3, now))
    assert numbers(context) == [2]
    assert faults(context) == {2: "", 3: KeyHoldersChanged.code}
    assert noted(context) == 1


def test_a_puppet_does_not_take_the_place_of_a_holder(context: NodeContext, directory: SignedDirectory) -> None:
    now = context.clock.now()
    state(directory, epoch_of(1, now, held_key("county", now)))
    assert numbers(context) == [1]
    state(directory, epoch_of(2, now, held_key("puppet", now)))
    with pytest.raises(KeyHoldersChanged) as caught:
        numbers(context)
    assert "county" in caught.value.message
    state(directory, epoch_of(3, now, held_key("puppet", now), held_key("county", now)))
    assert numbers(context) == [3]  # one key more takes nothing away


LIES: dict[str, Callable[[datetime], HeldKey]] = {
    "the coordinator signs for the entity": lambda now: held_key("county", now, signer=keys_of("puppet").signing),
    "the coordinator's own key": lambda now: held_key(
        "county", now, pair=pair_of("coordinator", 1), proving=pair_of("county")
    ),
    "an entity that is in no directory": lambda now: held_key("nobody", now),
    "the statement of another": lambda now: held_key("puppet", now, named="county"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_a_key_that_its_holder_did_not_prove_is_not_used(
    context: NodeContext, directory: SignedDirectory, lie: Callable[[datetime], HeldKey]
) -> None:
    now = context.clock.now()
    state(directory, epoch_of(2, now, lie(now)))
    with pytest.raises(HeldKeyUnproven):
        numbers(context)
    with context.snapshot() as session:
        assert expected_holders(session) == ()
    assert check_key_holders(context).level is Level.FAILED


def test_a_key_that_the_holder_left_does_not_come_back(context: NodeContext, directory: SignedDirectory) -> None:
    now = context.clock.now()
    first = epoch_of(1, now, held_key("county", now))
    second = epoch_of(2, now, held_key("county", now, sequence=2))
    state(directory, first, second)
    assert numbers(context) == [1, 2]
    state(directory, second, epoch_of(3, now, held_key("county", now)))
    assert numbers(context) == [2]
    assert faults(context)[3] == KeyHoldersChanged.code


def test_the_officer_requires_a_holder_and_says_who_may_go(context: NodeContext, directory: SignedDirectory) -> None:
    now = context.clock.now()
    holders = KeyHolders(context)
    state(directory, epoch_of(1, now, held_key("puppet", now)))
    assert holders.require(["county"]) is not None
    assert holders.require(["county"]) is None
    with pytest.raises(KeyHoldersChanged):
        numbers(context)
    later = epoch_of(2, now, held_key("county", now))
    state(directory, epoch_of(1, now, held_key("puppet", now)), later)
    assert numbers(context) == [2]
    state(directory, later, epoch_of(3, now))
    assert numbers(context) == [2]
    assert holders.require([]) is not None
    assert [numbers(context) for _unused in range(2)] == [[2, 3]] * 2  # no holder is counted on any more
    assert noted(context) == 3  # required; its first key seen; not required
    for wrong in ("coordinator", "nobody"):
        with pytest.raises(KeyHolderInvalid):
            holders.require([wrong])


def test_what_a_node_uses_is_shown_and_waits_in_the_inbox(context: NodeContext, directory: SignedDirectory) -> None:
    now = context.clock.now()
    assert check_key_holders(context).level is Level.OK  # no locator
    state(directory, epoch_of(1, now))
    assert check_key_holders(context).level is Level.WARNING  # one key
    state(directory, epoch_of(2, now, held_key("county", now)))
    numbers(context)
    assert check_key_holders(context).level is Level.WARNING  # nobody confirmed the second
    state(directory, epoch_of(2, now, held_key("county", now)), epoch_of(3, now))
    with context.snapshot() as session:
        found = key_holders_state(context, session)
        items = {(item.kind, item.peer, item.detail) for item in key_holder_items(context, session, now)}
    assert items == {
        (ItemKind.KEY_HOLDER_SEEN, "county", ""),
        (ItemKind.KEY_HOLDERS_CHANGED, "coordinator", KeyHoldersChanged.code),
    }
    text = key_holders_text(found, "es")
    assert "county" in text
    assert "no:" in text
    assert key_holders_line({"epochs": [], "expected": []}) is None
    state(directory, epoch_of(4, now, held_key("county", now)))
    KeyHolders(context).require(["county"])
    assert check_key_holders(context).level is Level.OK


def test_an_epoch_of_one_key_does_not_live_on_beside_one_of_two(
    context: NodeContext, directory: SignedDirectory
) -> None:
    now = context.clock.now()
    first, second = epoch_of(1, now), epoch_of(2, now, held_key("county", now))
    for ends in (None, now + timedelta(days=91)):
        directory.locator = LocatorTerms(epochs=(first.model_copy(update={"ends": ends}), second))
        directory.publish()
        assert numbers(context) == [2]
    state(directory, first, second)
    assert numbers(context) == [1, 2]
    longer = first.model_copy(update={"ends": now + timedelta(days=15)})
    with pytest.raises(RedpactError) as caught:
        state(directory, longer, second)
    assert caught.value.code == "directory_rollback"


def test_an_epoch_is_not_slipped_in_before_the_one_in_use(context: NodeContext, directory: SignedDirectory) -> None:
    now = context.clock.now()
    two, three = (epoch_of(number, now, held_key("county", now)) for number in (2, 3))
    state(directory, three)
    for epochs in ((two, three), (epoch_of(1, now), three), (two,)):
        with pytest.raises(RedpactError) as caught:
            state(directory, *epochs)
        assert caught.value.code == "directory_rollback"
    state(directory, three, epoch_of(4, now + timedelta(hours=1)))
