"""Released models at a node: made again from the rounds before they are kept, and none in place of one recalled."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from federated.campaign.manifest import DataSource
from federated.errors import ReleaseInvalid, TranscriptInvalid
from node.context import NodeContext
from node.risk import risk_list as listing
from node.risk.use_status import risk_status
from node.training.errors import ReleaseRecalled
from node.training.local_evaluation import evaluate
from node.training.received_releases import fetch_release, newest_release, record_recalls
from node.training.tables import ReleaseRow
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START, FrozenClock
from tests.support.parts import COORDINATOR
from tests.support.releases import NEWER, OLDER, ended, publish, say
from tests.support.risk import AS_OF, context_with_people
from tests.support.training import ScriptedCoordinator


def kept(context: NodeContext) -> set[str]:
    with context.snapshot() as session:
        return set(session.scalars(select(ReleaseRow.campaign_id)))


def in_use(context: NodeContext, script: ScriptedCoordinator) -> str:
    return newest_release(context, script, source=DataSource.RECORDS).release.campaign_id


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START + timedelta(days=9))


@pytest.fixture
def context(tmp_path: Path, clock: FrozenClock) -> Iterator[NodeContext]:
    made = context_with_people(tmp_path, people=0, clock=clock)
    yield made
    made.close()


@pytest.fixture
def script(context: NodeContext) -> ScriptedCoordinator:
    return ScriptedCoordinator(COORDINATOR, context.settings.entity)


def test_a_release_that_its_rounds_give_is_kept_and_needs_no_coordinator_afterwards(
    context: NodeContext, script: ScriptedCoordinator
) -> None:
    publish(script, CAMPAIGN)
    first = fetch_release(context, script, CAMPAIGN)
    assert kept(context) == {CAMPAIGN}
    script.reachable = False
    assert fetch_release(context, script, CAMPAIGN) == first
    assert in_use(context, script) == CAMPAIGN


USES: dict[str, Callable[[NodeContext, ScriptedCoordinator], object]] = {
    "fetched": lambda context, script: fetch_release(context, script, CAMPAIGN),
    "in use": in_use,
    "listed by": lambda context, script: listing.risk_list(context, script, top=1, as_of=AS_OF),
    "shown": risk_status,
    "evaluated": lambda context, script: evaluate(context, script, CAMPAIGN),
}


@pytest.mark.invariant(6)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("lie", ["another model", "nicer figures", "no rounds", "other rounds"])
def test_a_signed_release_that_its_rounds_do_not_give_is_neither_used_nor_kept(
    context: NodeContext,
    script: ScriptedCoordinator,
    lie: str,
    use: Callable[[NodeContext, ScriptedCoordinator], object],
) -> None:
    release = ended(CAMPAIGN)[1]
    changes: dict[str, dict[str, Any]] = {
        "another model": {"model": release.model.model_copy(update={"intercept": release.model.intercept + 0.5})},
        "nicer figures": {"people_estimate": release.people_estimate * 2},
        "no rounds": {"transcript": b""},
        "other rounds": {"transcript": ended(OLDER)[2]},
    }
    publish(script, CAMPAIGN, **changes[lie])
    with pytest.raises((ReleaseInvalid, TranscriptInvalid)):
        use(context, script)
    assert kept(context) == set()


@pytest.fixture
def both(context: NodeContext, script: ScriptedCoordinator, clock: FrozenClock) -> ScriptedCoordinator:
    """Give a coordinator with two released models on records, both of which this node has used."""
    for campaign_id in (OLDER, NEWER):
        publish(script, campaign_id)
        assert in_use(context, script) == campaign_id
        clock.advance(days=1)
    return script


def refuses(context: NodeContext, script: ScriptedCoordinator) -> bool:
    with pytest.raises(ReleaseRecalled) as caught:
        newest_release(context, script, source=DataSource.RECORDS)
    assert risk_status(context, script).recalled
    return NEWER in str(caught.value)


def test_a_recalled_model_is_not_replaced_by_an_older_one(context: NodeContext, both: ScriptedCoordinator) -> None:
    say(both, "recalled")
    assert refuses(context, both)
    both.reachable = False
    assert refuses(context, both)
    both.reachable = True
    both.listed.clear()  # a coordinator that lost its list, or hides it, revives nothing
    assert refuses(context, both)


def test_a_recall_that_the_service_heard_of_holds_while_the_coordinator_is_down(
    context: NodeContext, both: ScriptedCoordinator
) -> None:
    say(both, "recalled")
    record_recalls(context, both)
    both.reachable = False
    assert refuses(context, both)


def test_a_recall_of_a_model_that_was_never_fetched_holds_while_the_coordinator_is_down(
    context: NodeContext, script: ScriptedCoordinator
) -> None:
    publish(script, OLDER)
    assert in_use(context, script) == OLDER
    publish(script, NEWER)  # nobody asked for it before it was recalled
    say(script, "recalled")
    record_recalls(context, script)
    record_recalls(context, script)  # heard twice, kept once
    script.reachable = False
    assert refuses(context, script)
    assert kept(context) == {OLDER}


def test_a_recall_of_an_older_model_leaves_the_newest_in_use(context: NodeContext, both: ScriptedCoordinator) -> None:
    say(both, "recalled", place=1)
    assert in_use(context, both) == NEWER
    both.reachable = False
    assert in_use(context, both) == NEWER


def test_a_model_released_after_a_recall_is_used(context: NodeContext, both: ScriptedCoordinator) -> None:
    say(both, "recalled")
    assert refuses(context, both)
    publish(both, CAMPAIGN)
    assert in_use(context, both) == CAMPAIGN


@pytest.fixture
def looked_back(context: NodeContext, script: ScriptedCoordinator, clock: FrozenClock) -> ScriptedCoordinator:
    """Give the same, at a node that fetched the older model after the newer one, to evaluate it once more."""
    for campaign_id in (OLDER, NEWER):
        publish(script, campaign_id)
    assert in_use(context, script) == NEWER
    clock.advance(days=1)
    fetch_release(context, script, OLDER)
    return script


def test_an_older_model_fetched_later_is_not_taken_for_the_newest(
    context: NodeContext, looked_back: ScriptedCoordinator
) -> None:
    assert in_use(context, looked_back) == NEWER
    looked_back.reachable = False
    assert in_use(context, looked_back) == NEWER


def test_an_older_model_fetched_later_does_not_stand_in_for_one_recalled(
    context: NodeContext, looked_back: ScriptedCoordinator
) -> None:
    say(looked_back, "recalled")
    assert refuses(context, looked_back)
    looked_back.reachable = False
    assert refuses(context, looked_back)


def test_a_model_of_tables_is_never_used_for_the_records(context: NodeContext, script: ScriptedCoordinator) -> None:
    publish(script, OLDER)
    assert in_use(context, script) == OLDER
    publish(script, NEWER, source=DataSource.TABLE)
    fetch_release(context, script, NEWER)
    assert in_use(context, script) == OLDER
    script.reachable = False
    assert in_use(context, script) == OLDER
