"""A campaign in Flower's own simulation, which needs Ray; run as a program, as Ray starts processes of its own.

Prints the number of rounds and who contributed. A simulated node has no name: the server asks each which part it plays.
"""

import time
from collections.abc import Iterable

from flwr.app import ConfigRecord, Context, Message, MessageType, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import Grid, ServerApp
from flwr.simulation import run_simulation

from federated.flower.client_app import build_client_app
from federated.flower.deployment import NamedGrid
from federated.flower.server_app import CampaignRun, run_campaign
from federated.models import trainer_for
from federated.rounds import TrainingState
from tests.support import campaigns

ENTITIES = ("avila", "leon", "soria")
MANIFEST = campaigns.manifest(rounds=2)

client = ClientApp()
server = ServerApp()


@client.query()
def who(message: Message, context: Context) -> Message:
    part = RecordDict({"who": ConfigRecord({"part": int(context.node_config["partition-id"])})})
    return Message(part, reply_to=message)


@client.train()
def train(message: Message, context: Context) -> Message:
    part = int(context.node_config["partition-id"])
    return build_client_app(ENTITIES[part], trainer_for(MANIFEST, *campaigns.rows(50, seed=part)))(message, context)


@server.main()
def main(grid: Grid, _context: Context) -> None:
    while len(numbers := list(grid.get_node_ids())) < len(ENTITIES):
        time.sleep(0.1)
    asked = [Message(RecordDict(), number, MessageType.QUERY) for number in numbers]
    named = NamedGrid(grid, dict(_parts(grid.send_and_receive(asked))))
    state = run_campaign(CampaignRun(MANIFEST, "5" * 64, ENTITIES, _forget), named)
    print("completed", state.completed, *state.contributors)  # noqa: T201 - read by the test


def _parts(replies: Iterable[Message]) -> Iterable[tuple[str, int]]:
    for reply in replies:
        record = reply.content["who"]
        assert isinstance(record, ConfigRecord)
        part = record["part"]
        assert isinstance(part, int)
        yield ENTITIES[part], reply.metadata.src_node_id


def _forget(_state: TrainingState) -> None:
    return None


if __name__ == "__main__":
    run_simulation(server, client, len(ENTITIES))
