from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from node.context import NodeContext
from node.recoveries.state import check_recoveries, recoveries_state, recovery_items
from service.findings import Level
from tests.support.clock import START, FrozenClock
from tests.support.directory_log import pin
from tests.support.parts import SignedDirectory, context_of, keys_of
from tests.support.recoveries import listed_party, publish_ahead, recovered, recovery_of, veto_of, vetoed
from trust.errors import DirectoryUnvouched, KeyChangeUnproven, OwnKeysReplaced, PartySuspended
from trust.parties import EntityKind
from trust.recovery import Recovery
from trust.signing import Ed25519Signer

NEW = keys_of("leon, new machine")
HOURS = 48.0


@pytest.fixture
def directory() -> SignedDirectory:
    made = SignedDirectory(FrozenClock(), dict.fromkeys(("leon", "soria"), EntityKind.PUBLIC))
    made.parties["leon"] = listed_party(made.parties["leon"])
    return made


@pytest.fixture
def soria(tmp_path: Path, directory: SignedDirectory) -> Iterator[NodeContext]:
    context = context_of("soria", tmp_path / "soria", directory)
    yield context
    context.close()


def clock_of(directory: SignedDirectory) -> FrozenClock:
    assert isinstance(directory.clock, FrozenClock)
    return directory.clock


def open_recovery(directory: SignedDirectory, at: datetime | None = None) -> Recovery:
    recovery = recovery_of(directory.parties["leon"], NEW, at or directory.clock.now())
    directory.change("leon", recovery=recovery)
    return recovery


def count(directory: SignedDirectory, recovery: Recovery) -> None:
    directory.list_party(recovered(directory.parties["leon"], recovery))


def is_active(context: NodeContext) -> bool:
    context.directory.reconsider(context.clock.now())
    try:
        context.directory.current(context.clock.now()).active_party("leon")
    except PartySuspended:
        return False
    return True


def test_an_entity_that_recovers_its_keys_exchanges_nothing_until_48_hours_after_it_was_seen(
    soria: NodeContext, directory: SignedDirectory
) -> None:
    recovery = open_recovery(directory)
    assert not is_active(soria)
    (shown,) = recoveries_state(soria)
    assert (shown["entity"], shown["state"]) == ("leon", "pending")
    assert check_recoveries(soria).level is Level.WARNING
    clock_of(directory).advance(hours=HOURS)
    assert not is_active(soria)  # the coordinator has not published the keys
    count(directory, recovery)
    assert is_active(soria)
    assert soria.directory.current(soria.clock.now()).party("leon").signing_key == NEW.signing.public_key.hex()
    assert check_recoveries(soria).level is Level.OK


def test_an_hour_is_missing(soria: NodeContext, directory: SignedDirectory) -> None:
    recovery = open_recovery(directory)
    clock_of(directory).advance(hours=HOURS - 1)
    with pytest.raises(KeyChangeUnproven):  # by the directories' own dates
        count(directory, recovery)
    assert not is_active(soria)


def test_whoever_learns_late_waits_from_then(soria: NodeContext, directory: SignedDirectory) -> None:
    recovery = recovery_of(directory.parties["leon"], NEW, directory.clock.now())
    clock_of(directory).advance(hours=HOURS + 2)  # soria was switched off
    count(directory, recovery)
    assert not is_active(soria)
    assert recoveries_state(soria)[0]["state"] == "held"
    clock_of(directory).advance(hours=HOURS - 1)
    directory.publish()
    assert not is_active(soria)
    clock_of(directory).advance(hours=1)
    directory.publish()
    assert is_active(soria)


def test_a_leap_of_this_nodes_clock_shortens_nothing(soria: NodeContext, directory: SignedDirectory) -> None:
    recovery = recovery_of(directory.parties["leon"], NEW, directory.clock.now())
    clock_of(directory).advance(hours=HOURS + 2)
    count(directory, recovery)
    clock_of(directory).advance(hours=100)
    assert not is_active(soria)  # no directory is as much older
    directory.publish()
    assert is_active(soria)


def test_directories_that_are_dated_ahead_shorten_nothing(soria: NodeContext, directory: SignedDirectory) -> None:
    recovery = open_recovery(directory)
    clock_of(directory).advance(hours=1)
    directory.parties["leon"] = recovered(directory.parties["leon"], recovery)
    publish_ahead(directory, soria, HOURS)
    assert soria.directory.newest().party("leon").recoveries == (recovery,)  # type: ignore[union-attr]
    assert not is_active(soria)
    clock_of(directory).advance(hours=HOURS)
    publish_ahead(directory, soria, HOURS)
    assert is_active(soria)


def test_a_clock_that_was_ahead_begins_the_wait_anew(soria: NodeContext, directory: SignedDirectory) -> None:
    open_recovery(directory)
    (before,) = soria.directory.kept().held  # type: ignore[union-attr]
    clock_of(directory).advance(hours=-30)
    soria.directory.reconsider(soria.clock.now())
    (after,) = soria.directory.kept().held  # type: ignore[union-attr]
    assert before.seen == START
    assert after.seen == START - timedelta(hours=30)


def test_a_recovery_that_is_taken_back_and_told_again_waits_anew(
    soria: NodeContext, directory: SignedDirectory
) -> None:
    recovery = open_recovery(directory)
    clock_of(directory).advance(hours=47)
    directory.change("leon", recovery=None)
    assert is_active(soria)
    with pytest.raises(KeyChangeUnproven):
        directory.change("leon", recovery=recovery)
    directory.parties["leon"] = directory.parties["leon"].model_copy(update={"recovery": None})
    clock_of(directory).advance(hours=1)
    second = open_recovery(directory)
    with pytest.raises(KeyChangeUnproven):
        count(directory, second)
    assert not is_active(soria)


def test_a_veto_that_came_by_another_way_is_obeyed_whatever_the_directory_lists(
    soria: NodeContext, directory: SignedDirectory
) -> None:
    recovery = open_recovery(directory)
    soria.directory.veto("leon", veto_of(recovery, keys_of("leon")), soria.clock.now())
    assert is_active(soria)  # with its old keys: nothing was lost
    assert recoveries_state(soria)[0]["state"] == "vetoed"
    clock_of(directory).advance(hours=HOURS)
    count(directory, recovery)
    for _day in range(4):
        assert not is_active(soria)  # never with the new ones
        clock_of(directory).advance(hours=HOURS)
        directory.publish()
    assert recoveries_state(soria)[0]["state"] == "against_veto"


def test_a_veto_in_the_directory_ends_it(soria: NodeContext, directory: SignedDirectory) -> None:
    recovery = open_recovery(directory)
    directory.change("leon", recovery=vetoed(recovery, keys_of("leon")))
    assert is_active(soria)
    clock_of(directory).advance(hours=HOURS)
    with pytest.raises(KeyChangeUnproven):
        count(directory, recovery)


def test_the_entity_itself_goes_on_hears_the_alarm_and_refuses_other_keys(
    tmp_path: Path, directory: SignedDirectory
) -> None:
    leon = context_of("leon", tmp_path / "leon", directory)
    recovery = open_recovery(directory)
    assert is_active(leon)
    assert check_recoveries(leon).level is Level.FAILED
    with leon.snapshot() as session:
        (item,) = recovery_items(leon, session, leon.clock.now())
    assert (item.peer, item.detail) == ("leon", "own_keys")
    clock_of(directory).advance(hours=HOURS)
    with pytest.raises(OwnKeysReplaced):
        count(directory, recovery)
    leon.close()


def test_a_directory_that_no_anchor_cosigned_holds_the_entity_back_and_starts_no_wait(
    soria: NodeContext, directory: SignedDirectory
) -> None:
    anchor = Ed25519Signer.generate()
    pin(soria, {"town": anchor}, 1)
    with pytest.raises(DirectoryUnvouched):
        open_recovery(directory)
    assert not is_active(soria)
    assert soria.directory.kept().held == ()  # type: ignore[union-attr]
    clock_of(directory).advance(hours=24)
    directory.log.anchors = {"town": anchor}
    directory.publish()
    (held,) = soria.directory.kept().held  # type: ignore[union-attr]
    assert held.seen == START + timedelta(hours=24)


def test_the_wait_survives_the_officers_decision_on_a_contradiction(
    soria: NodeContext, directory: SignedDirectory
) -> None:
    recovery = open_recovery(directory)
    soria.directory.settle(restart=False)
    assert [each.recovery for each in soria.directory.kept().held] == [recovery.id]  # type: ignore[union-attr]
