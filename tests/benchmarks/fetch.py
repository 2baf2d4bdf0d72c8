"""The consented fetch between two real nodes: signed, checked, decided, and in both ledgers before it returns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.exchange import PURPOSE, find_person
from deploy.local.network import Entity, LocalNetwork, Process
from deploy.local.populations import Population, prepare_tables
from deploy.local.programs import NODE, Programs
from node.fetch.asking import question_of
from node.people.documents import parse_document
from node.wiring import Node

ASKER, HOLDER, OTHER = "leon", "burgos", "soria"


@dataclass(frozen=True, slots=True)
class ConsentedFetch:
    """A network with a consent at the holder.

    Attributes:
        network: with the coordinator and the holder up.
        fetch: makes one fetch.
        document: of the person, whom all these entities know.
    """

    network: LocalNetwork
    fetch: Callable[[], object]
    document: str

    @property
    def holder(self) -> int:
        """The process id of the holder."""
        return running(self.network.nodes[HOLDER])


def running(process: Process) -> int:
    """Return the id of a process that runs."""
    if process.pid is None:
        raise RuntimeError(f"{process.program} of {process.home.name} is not running")
    return process.pid


@contextmanager
def consented_fetch(folder: Path, *others: str) -> Iterator[ConsentedFetch]:
    """Bring up a coordinator and a holder, and record a consent.

    The asker is this process: what is timed is the library call, as a page of the node would make it.

    Args:
        folder: where the network is made.
        others: entities that are enrolled, with the people of the holder, and do not serve.
    """
    folder.mkdir(parents=True)
    programs = Programs(folder / "commands.log")
    data = prepare_tables(programs, Population.of(quick=True), [ASKER, HOLDER, OTHER])
    document = find_person(data, known_to=(ASKER, HOLDER), unknown_to=OTHER)
    entities = [Entity(name, f"Diputación de {name.title()}") for name in (ASKER, HOLDER, *others)]
    with LocalNetwork(folder, entities, programs) as network:
        network.start_coordinator()
        for entity in entities:
            network.enrol(entity)
            people = HOLDER if entity.id in others else entity.id
            programs.ask(NODE, "records", "import", data / f"{people}.csv", "--home", network.home(entity.id))
        network.serve([ASKER, HOLDER])
        words = ("--document", document, "--purpose", PURPOSE, "--recipient", ASKER)
        programs.ask(NODE, "consent", "grant", *words, "--home", network.home(HOLDER))
        with Node(network.home(ASKER)) as node:
            yield ConsentedFetch(network, _fetch(node, document), document)


def _fetch(node: Node, document: str) -> Callable[[], object]:
    asking, person, question = node.asking, parse_document(document), question_of(node.context, PURPOSE)

    def fetch() -> None:
        (reply,) = asking.fetch(person, question, [HOLDER]).replies
        if not reply.released:
            raise RuntimeError(f"the fetch was refused: {reply.error or reply.answer}")

    return fetch
