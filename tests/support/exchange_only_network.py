"""A network without the libraries of training: ``python -m tests.support.exchange_only_network ROOT``.

A coordinator and a node serve; a campaign is listed, shown, and refused; approving it is tried. How each command ended
is printed as JSON, with the campaign's answers as the coordinator knows them afterwards.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

from tests.support.without_training import block, run

CAMPAIGN = "ab" * 16
_START = ["training", "start", "--name", "Other", "--source", "records", "--epsilon", "1", "--minimum-cohort", "3"]


def main(root: str) -> None:
    """Run the network and print what came of it."""
    block()
    from coordinator.cli.app import main as coordinator_main
    from federated.campaign.manifest import DataSource, seal_manifest
    from node.cli.app import main as node_main
    from service.clock import SystemClock
    from tests.support import campaigns
    from tests.support.network import NETWORK, Network

    network = Network(Path(root))
    network.start()
    try:
        network.join("soria")
        network.serve("soria")
        now = SystemClock().now()
        times = {"issued": now, "deadline": now + timedelta(days=1), "ends": now + timedelta(days=2)}
        terms = campaigns.manifest(network=NETWORK, source=DataSource.TABLE, dataset="demo", **times)
        envelope = seal_manifest(terms, network.coordinator.context.keys.signing)
        with network.coordinator.context.transaction() as session:
            network.coordinator.training(session).campaigns.propose(envelope, now, review=False)
        node, home = ["--home", str(network.root / "soria"), "--json"], network.root / "coordinator"
        found = {
            "list": run(node_main, ["training", "list", *node]),
            "approve": run(node_main, ["training", "approve", CAMPAIGN, *node]),
            "refuse": run(node_main, ["training", "refuse", CAMPAIGN, *node]),
            "report": run(node_main, ["training", "report", *node]),
            "status": run(coordinator_main, ["training", "status", "--home", str(home), "--json"]),
            "start": run(
                coordinator_main,
                [*_START, "--home", str(home), "--json"],
            ),
        }
    finally:
        network.stop()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
