from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from federated.coordination.progress import Progress
from federated.coordination.task_store import TaskStore
from federated.errors import CohortTooSmall
from federated.flower.client_app import handle_message
from federated.flower.durable_grid import DurableGrid, GridEngine
from federated.flower.server_app import CampaignRun, run_campaign
from federated.storage.sql_tasks import SqlTaskStore
from federated.storage.tables import CoordinatorBase
from tests.support.clock import FrozenClock
from tests.support.cohort import ENTITIES, MemoryCohort

STEPS = 10
"""Keys, cohort, and two for each of three rounds."""


class Network:
    """Entities that empty the message table while the coordinator waits."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.database = create_engine("sqlite://", poolclass=StaticPool)
        CoordinatorBase.metadata.create_all(self.database)
        self.cohort = MemoryCohort()
        self.answers: dict[str, Callable[[bytes], bytes | None]] = {
            entity: partial(handle_message, handle_step=self.cohort.entities[entity].answer) for entity in ENTITIES
        }
        self.woken = 0
        self.asked: list[str] = []

    @contextmanager
    def open_store(self) -> Iterator[TaskStore]:
        with Session(self.database) as session, session.begin():
            yield SqlTaskStore(session)

    def wake(self) -> None:
        self.woken += 1

    def wait(self, _replies: int, seconds: float) -> None:
        self.clock.advance(seconds=min(seconds, 1.0))
        with self.open_store() as store:
            for entity, ask in self.answers.items():
                for task in store.pending(entity, self.clock.now()):
                    self.asked.append(entity)
                    reply = ask(task.message)
                    if reply is not None:
                        store.put_reply(task.task_id, reply, self.clock.now())

    def engine(self) -> GridEngine:
        return GridEngine(self.open_store, self.open_store, self.wake, self.wait, self.clock.now)

    def grid(self) -> DurableGrid:
        return DurableGrid(self.cohort.manifest.campaign_id, ENTITIES, self.engine())

    def run(self, progress: Progress | None = None, timeout: float = 5.0) -> Progress:
        self.kept: list[Progress] = []
        plan = CampaignRun(self.cohort.terms, lambda kept, _record: self.kept.append(kept), timeout)
        return run_campaign(plan, self.grid(), progress)


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    yield network
    network.database.dispose()


def test_the_same_apps_run_over_the_message_table(network: Network) -> None:
    progress = network.run()
    assert (progress.completed, progress.contributors, progress.lost) == (3, ENTITIES, 0)
    assert len(network.asked) == STEPS * len(ENTITIES)
    assert network.woken >= STEPS


def test_a_coordinator_that_starts_again_finds_the_answers_already_there(network: Network) -> None:
    first = network.run()
    asked = len(network.asked)
    assert network.run().to_json() == first.to_json()
    assert len(network.asked) == asked


def test_a_coordinator_that_starts_again_at_any_step_asks_nobody_twice(network: Network) -> None:
    first = network.run()
    kept, asked = network.kept, len(network.asked)
    for progress in kept:
        assert network.run(Progress.from_json(progress.to_json())).to_json() == first.to_json()
    assert len(network.asked) == asked


def test_who_does_not_answer_is_waited_for_once(network: Network) -> None:
    network.answers["avila"] = lambda _message: None
    start = network.clock.now()
    assert network.run().contributors == ("leon", "soria", "zamora")
    assert 5 <= (network.clock.now() - start).total_seconds() < 15


def test_who_answers_late_is_in_again_from_the_next_round_on(network: Network) -> None:
    honest, seen = network.answers["avila"], list[bytes]()

    def slow(message: bytes) -> bytes | None:
        seen.append(message)
        # Silent for the whole of the third step, which is the first round's.
        return None if b"mask-1" in message and b"unmask-1" not in message else honest(message)

    network.answers["avila"] = slow
    progress = network.run()
    assert "avila" in progress.contributors
    assert progress.completed == 3


def test_too_few_answers_stop_the_campaign(network: Network) -> None:
    network.answers = {"soria": network.answers["soria"]}
    with pytest.raises(CohortTooSmall):
        network.run()


def test_a_grid_serves_one_campaign(network: Network) -> None:
    grid, other = network.grid(), DurableGrid("0" * 32, ENTITIES, network.engine())
    with pytest.raises(RuntimeError):
        grid.set_run(other.run)
    grid.set_run(grid.run)
