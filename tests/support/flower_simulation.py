"""A campaign in Flower's own simulation, which needs Ray; run in a process of its own, as Ray starts others.

Ray's processes find the apps by the name of this module: it is imported, never run as the main program. `run` prints
the rounds and who contributed. A simulated node has no name: the server asks each which part it plays.
"""

import time
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flwr.app import ConfigRecord, Context, Message, MessageType, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.simulation import run_simulation

from federated.coordination.cohort_forming import CampaignSetup
from federated.coordination.progress import Progress
from federated.coordination.transcript import RoundRecord
from federated.flower.client_app import build_client_app
from federated.flower.server_app import CampaignRun, run_campaign
from federated.flower.superlink_grid import NamedGrid
from federated.models import local_sum_for
from federated.participation.local_sums import LocalPeople, LocalSums
from federated.studies.local_entity import LocalEntity
from federated.tabular.rows import Rows
from tests.support import campaigns
from trust.signing import Ed25519Signer

if TYPE_CHECKING:
    from flwr.server.superlink.fleet.vce.backend.backend import BackendConfig

ENTITIES = ("avila", "leon", "soria")
MANIFEST = campaigns.manifest(rounds=2, invited=ENTITIES)
DIGEST = "5" * 64
SIGNERS = {
    name: Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))
    for number, name in enumerate(ENTITIES, start=1)
}


def key_of(entity: str) -> bytes:
    """Return an entity's signing key, as a directory would."""
    return SIGNERS[entity].public_key


@cache
def entity(part: int) -> LocalEntity:
    """Return a simulated entity. It remembers its keys from step to step, so one process must play all of them."""
    rows = Rows.of(*campaigns.rows(50, seed=part))
    people = LocalPeople(rows, rows.take(np.arange(10)), np.zeros((10, 0), dtype=np.int64))
    identity = (ENTITIES[part], SIGNERS[ENTITIES[part]], key_of)
    return LocalEntity(MANIFEST, identity, LocalSums(MANIFEST, people, local_sum_for(MANIFEST)))


client = ClientApp()
server = ServerApp()


@client.query()
def who(message: Message, context: Context) -> Message:
    part = RecordDict({"who": ConfigRecord({"part": int(context.node_config["partition-id"])})})
    return Message(part, reply_to=message)


@client.train()
def train(message: Message, context: Context) -> Message:
    part = int(context.node_config["partition-id"])
    return build_client_app(entity(part).answer)(message, context)


@server.main()
def main(grid: Grid, _context: Context) -> None:
    while len(numbers := list(grid.get_node_ids())) < len(ENTITIES):
        time.sleep(0.1)
    asked = [Message(RecordDict(), number, MessageType.QUERY) for number in numbers]
    named = NamedGrid(grid, dict(_parts(grid.send_and_receive(asked))))
    progress = run_campaign(CampaignRun(CampaignSetup(MANIFEST, DIGEST, ENTITIES, key_of), _forget), named)
    print("completed", progress.completed, "of", MANIFEST.rounds, *progress.contributors)  # noqa: T201 - read by the test


def _parts(replies: Iterable[Message]) -> Iterable[tuple[str, int]]:
    for reply in replies:
        record = reply.content["who"]
        assert isinstance(record, ConfigRecord)
        part = record["part"]
        assert isinstance(part, int)
        yield ENTITIES[part], reply.metadata.src_node_id


def _forget(_progress: Progress, _record: RoundRecord | None) -> None:
    return None


def run() -> None:
    """Run it, with all entities in one process of Ray's."""
    one_process: BackendConfig = {
        "init_args": {"num_cpus": 1},
        "client_resources": {"num_cpus": 1.0, "num_gpus": 0.0},
    }
    run_simulation(server, client, len(ENTITIES), backend_config=one_process)
