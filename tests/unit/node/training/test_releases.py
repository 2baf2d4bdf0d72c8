"""Released models at a node: made again from the rounds before they are kept, and none in place of one recalled."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from federated.campaign.manifest import DataSource
from federated.errors import ReleaseInvalid, TranscriptInvalid
from node.risk import risk_list as listing
from node.risk.use_status import risk_status
from node.training.errors import ReleaseRecalled
from node.training.local_evaluation import evaluate
from node.training.received_releases import fetch_release, newest_release, record_recalls
from node.training.tables import ReleaseRow
from node.wiring import Node
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START, FrozenClock
from tests.support.releases import NEWER, OLDER, ended, publish, say
from tests.support.risk import AS_OF, node_with_people
from tests.support.training import ScriptedCoordinator
from trust.signing import Ed25519Signer


def kept(node: Node) -> set[str]:
    with node.context.snapshot() as session:
        return set(session.scalars(select(ReleaseRow.campaign_id)))


def in_use(node: Node, script: ScriptedCoordinator) -> str:
    return newest_release(node.context, script, source=DataSource.RECORDS).release.campaign_id


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(START + timedelta(days=9))


@pytest.fixture
def node(tmp_path: Path, clock: FrozenClock) -> Iterator[Node]:
    made = node_with_people(tmp_path, people=0, clock=clock)
    yield made
    made.close()


@pytest.fixture
def script(node: Node) -> ScriptedCoordinator:
    signer = node.__dict__["test_signer"]
    assert isinstance(signer, Ed25519Signer)
    return ScriptedCoordinator(signer, node.context.settings.entity)


def test_a_release_that_its_rounds_give_is_kept_and_needs_no_coordinator_afterwards(
    node: Node, script: ScriptedCoordinator
) -> None:
    publish(script, CAMPAIGN)
    first = fetch_release(node.context, script, CAMPAIGN)
    assert kept(node) == {CAMPAIGN}
    script.reachable = False
    assert fetch_release(node.context, script, CAMPAIGN) == first
    assert in_use(node, script) == CAMPAIGN


USES: dict[str, Callable[[Node, ScriptedCoordinator], object]] = {
    "fetched": lambda node, script: fetch_release(node.context, script, CAMPAIGN),
    "in use": in_use,
    "listed by": lambda node, script: listing.risk_list(node.context, script, top=1, as_of=AS_OF),
    "shown": lambda node, script: risk_status(node.context, script),
    "evaluated": lambda node, script: evaluate(node.context, script, CAMPAIGN),
}


@pytest.mark.invariant(6)
@pytest.mark.parametrize("use", USES.values(), ids=USES)
@pytest.mark.parametrize("lie", ["another model", "nicer figures", "no rounds", "other rounds"])
def test_a_signed_release_that_its_rounds_do_not_give_is_neither_used_nor_kept(
    node: Node, script: ScriptedCoordinator, lie: str, use: Callable[[Node, ScriptedCoordinator], object]
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
        use(node, script)
    assert kept(node) == set()


@pytest.fixture
def both(node: Node, script: ScriptedCoordinator, clock: FrozenClock) -> ScriptedCoordinator:
    """Give a coordinator with two released models on records, both of which this node has used."""
    for campaign_id in (OLDER, NEWER):
        publish(script, campaign_id)
        assert in_use(node, script) == campaign_id
        clock.advance(days=1)
    return script


def refuses(node: Node, script: ScriptedCoordinator) -> bool:
    with pytest.raises(ReleaseRecalled) as caught:
        newest_release(node.context, script, source=DataSource.RECORDS)
    assert risk_status(node.context, script).recalled
    return NEWER in str(caught.value)


def test_a_recalled_model_is_not_replaced_by_an_older_one(node: Node, both: ScriptedCoordinator) -> None:
    say(both, "recalled")
    assert refuses(node, both)
    both.reachable = False
    assert refuses(node, both)
    both.reachable = True
    both.listed.clear()  # a coordinator that lost its list, or hides it, revives nothing
    assert refuses(node, both)


def test_a_recall_that_the_service_heard_of_holds_while_the_coordinator_is_down(
    node: Node, both: ScriptedCoordinator
) -> None:
    say(both, "recalled")
    record_recalls(node.context, both)
    both.reachable = False
    assert refuses(node, both)


def test_a_recall_of_an_older_model_leaves_the_newest_in_use(node: Node, both: ScriptedCoordinator) -> None:
    say(both, "recalled", place=1)
    assert in_use(node, both) == NEWER
    both.reachable = False
    assert in_use(node, both) == NEWER


def test_a_model_released_after_a_recall_is_used(node: Node, both: ScriptedCoordinator) -> None:
    say(both, "recalled")
    assert refuses(node, both)
    publish(both, CAMPAIGN)
    assert in_use(node, both) == CAMPAIGN


@pytest.fixture
def looked_back(node: Node, script: ScriptedCoordinator, clock: FrozenClock) -> ScriptedCoordinator:
    """Give the same, at a node that fetched the older model after the newer one, to evaluate it once more."""
    for campaign_id in (OLDER, NEWER):
        publish(script, campaign_id)
    assert in_use(node, script) == NEWER
    clock.advance(days=1)
    fetch_release(node.context, script, OLDER)
    return script


def test_an_older_model_fetched_later_is_not_taken_for_the_newest(node: Node, looked_back: ScriptedCoordinator) -> None:
    assert in_use(node, looked_back) == NEWER
    looked_back.reachable = False
    assert in_use(node, looked_back) == NEWER


def test_an_older_model_fetched_later_does_not_stand_in_for_one_recalled(
    node: Node, looked_back: ScriptedCoordinator
) -> None:
    say(looked_back, "recalled")
    assert refuses(node, looked_back)
    looked_back.reachable = False
    assert refuses(node, looked_back)


def test_a_model_of_tables_is_never_used_for_the_records(node: Node, script: ScriptedCoordinator) -> None:
    publish(script, OLDER)
    assert in_use(node, script) == OLDER
    publish(script, NEWER, source=DataSource.TABLE)
    fetch_release(node.context, script, NEWER)
    assert in_use(node, script) == OLDER
    script.reachable = False
    assert in_use(node, script) == OLDER
