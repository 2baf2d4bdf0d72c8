from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from federated.errors import CohortTooSmall
from federated.flower.client_app import answer
from federated.flower.grid import DurableGrid, GridEngine
from federated.flower.server_app import CampaignRun, run_campaign
from federated.grid_store import GridStore
from federated.models import trainer_for
from federated.rounds import TrainingState
from federated.sql_grid_store import SqlGridStore
from federated.tables import GridBase
from tests.support import campaigns
from tests.support.clock import FrozenClock

ENTITIES = ("soria", "leon", "avila")
MANIFEST = campaigns.manifest(rounds=2)


class Network:
    """Entities that empty the message table while the coordinator waits."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.database = create_engine("sqlite://", poolclass=StaticPool)
        GridBase.metadata.create_all(self.database)
        self.answers: dict[str, Callable[[bytes], bytes | None]] = {
            entity: partial(answer, entity=entity, trainer=trainer_for(MANIFEST, *campaigns.rows(50, seed=index)))
            for index, entity in enumerate(ENTITIES)
        }
        self.woken = 0
        self.asked: list[str] = []

    @contextmanager
    def open_store(self) -> Iterator[GridStore]:
        with Session(self.database) as session, session.begin():
            yield SqlGridStore(session)

    def wake(self) -> None:
        self.woken += 1

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=min(seconds, 1.0))
        with self.open_store() as store:
            for entity, ask in self.answers.items():
                for task in store.pending(entity, self.clock.now()):
                    self.asked.append(entity)
                    reply = ask(task.message)
                    if reply is not None:
                        store.put_reply(task.task_id, reply, self.clock.now())

    def grid(self) -> DurableGrid:
        engine = GridEngine(self.open_store, self.wake, self.wait, self.clock.now)
        return DurableGrid(MANIFEST.campaign_id, ENTITIES, engine)

    def run(self, state: TrainingState | None = None, timeout: float = 5.0) -> TrainingState:
        plan = CampaignRun(MANIFEST, "5" * 64, ENTITIES, lambda _state: None, timeout)
        return run_campaign(plan, self.grid(), state)


@pytest.fixture
def network() -> Iterator[Network]:
    network = Network()
    yield network
    network.database.dispose()


def test_the_same_apps_run_over_the_message_table(network: Network) -> None:
    state = network.run()
    assert (state.completed, state.contributors) == (2, tuple(sorted(ENTITIES)))
    assert len(network.asked) == 6
    assert network.woken >= 2


def test_a_coordinator_that_starts_again_finds_the_answers_already_there(network: Network) -> None:
    first = network.run()
    asked = len(network.asked)
    assert network.run().to_json() == first.to_json()
    assert len(network.asked) == asked


def test_who_does_not_answer_is_waited_for_only_so_long(network: Network) -> None:
    network.answers["avila"] = lambda _message: None
    start = network.clock.now()
    assert network.run().contributors == ("leon", "soria")
    assert (network.clock.now() - start).total_seconds() < 15


def test_too_few_answers_stop_the_campaign(network: Network) -> None:
    network.answers = {"soria": network.answers["soria"]}
    with pytest.raises(CohortTooSmall):
        network.run()


def test_a_grid_serves_one_campaign(network: Network) -> None:
    grid, other = network.grid(), DurableGrid("0" * 32, ENTITIES, network.grid()._engine)
    with pytest.raises(RuntimeError):
        grid.set_run(other.run)
    grid.set_run(grid.run)
