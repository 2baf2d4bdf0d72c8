"""The consented fetch between two real nodes: signed, checked, decided, and in both ledgers before it returns."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.exchange import PURPOSE, find_person
from deploy.local.network import Entity, LocalNetwork
from deploy.local.populations import Population, prepare_tables
from deploy.local.programs import NODE, Programs
from node.fetch.asking import question_of
from node.people.documents import parse_document
from node.wiring import Node

ASKER, HOLDER, OTHER = "leon", "burgos", "soria"


@contextmanager
def consented_fetch(folder: Path) -> Iterator[tuple[Callable[[], object], int]]:
    """Bring up a coordinator and a holder, record a consent; give a function that makes one fetch, and the holder's id.

    The asker is this process: what is timed is the library call, as a page of the node would make it.
    """
    folder.mkdir(parents=True)
    programs = Programs(folder / "commands.log")
    data = prepare_tables(programs, Population.of(quick=True), [ASKER, HOLDER, OTHER])
    document = find_person(data, known_to=(ASKER, HOLDER), unknown_to=OTHER)
    entities = [Entity(ASKER, "Diputación de León"), Entity(HOLDER, "Diputación de Burgos")]
    with LocalNetwork(folder, entities, programs) as network:
        network.start_coordinator()
        for entity in entities:
            network.enrol(entity)
            programs.ask(NODE, "records", "import", data / f"{entity.id}.csv", "--home", network.home(entity.id))
        network.serve([ASKER, HOLDER])
        words = ("--document", document, "--purpose", PURPOSE, "--recipient", ASKER)
        programs.ask(NODE, "consent", "grant", *words, "--home", network.home(HOLDER))
        node = Node(network.home(ASKER))
        asking, person, question = node.asking, parse_document(document), question_of(node.context, PURPOSE)

        def fetch() -> None:
            (reply,) = asking.fetch(person, question, [HOLDER]).replies
            if not reply.released:
                raise RuntimeError(f"the fetch was refused: {reply.error or reply.answer}")

        holder = network.nodes[HOLDER].pid
        if holder is None:
            raise RuntimeError("the holder is not running")
        try:
            yield fetch, holder
        finally:
            node.close()
