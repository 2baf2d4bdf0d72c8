"""The cost of a second key holder for each new pseudonym: a coordinator and an entity as processes, mutual TLS."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from coordinator.settings import CoordinatorSettings
from deploy.local.network import Entity, LocalNetwork
from deploy.local.programs import COORDINATOR, NODE, Programs
from node.locator.pseudonyms import Pseudonyms
from node.people.documents import Document, DocumentKind
from node.settings import NodeSettings
from node.wiring import Node
from service.errors import PeerRefused

ASKER: Final = "leon"
HOLDER: Final = "burgos"
_QUOTA: Final = 1_000_000


@contextmanager
def one_and_two_holders(folder: Path) -> Iterator[dict[int, Callable[[int], None]]]:
    """Give, by the number of key holders, what computes new pseudonyms, as many as it is told in one call."""
    folder.mkdir(parents=True)
    programs = Programs(folder / "commands.log")
    entities = [Entity(ASKER, "Diputación de León"), Entity(HOLDER, "Diputación de Burgos")]
    quotas = {"locator_evaluations_hour": _QUOTA, "locator_evaluations_day": _QUOTA}
    with LocalNetwork(folder, entities, programs) as network:
        network.start_coordinator()
        for entity in entities:
            network.enrol(entity)
        network.coordinator.stop()
        CoordinatorSettings.load(network.coordinator_home).model_copy(update=quotas).save(network.coordinator_home)
        NodeSettings.load(network.home(HOLDER)).model_copy(update=quotas).save(network.home(HOLDER))
        network.coordinator.start()
        network.coordinator.wait_ready()
        network.serve([HOLDER])
        programs.ask(NODE, "pseudonym-key", "serve", "--home", network.home(HOLDER))
        programs.ask(COORDINATOR, "locator", "add-holder", HOLDER, "--home", network.coordinator_home)
        node = Node(network.home(ASKER))
        try:
            directory = node.directory_follower.refresh()
            if directory is None or directory.locator is None:
                raise RuntimeError("the network has no locator")
            epochs = directory.locator.epochs
            pseudonyms, numbers = Pseudonyms(node.context, node.locator_client()), iter(range(10**7))

            def computing(index: int) -> Callable[[int], None]:
                epoch = epochs[index]

                def compute(people: int) -> None:
                    documents = [Document(DocumentKind.DNI, f"{next(numbers):08}T") for _unused in range(people)]
                    pseudonyms.evaluate(epoch, documents)

                return compute

            found = {1: computing(0), 2: computing(1)}
            _until_answered(found[2])
            yield found
        finally:
            node.close()


def _until_answered(compute: Callable[[int], None]) -> None:
    """Wait until the holder has the directory that names it."""
    end = time.monotonic() + 60
    while True:
        try:
            return compute(1)
        except PeerRefused:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)
