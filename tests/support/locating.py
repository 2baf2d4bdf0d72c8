"""A network with a running coordinator, nodes that hold people, and what was published of their consents."""

from collections.abc import Sequence

from node.clients.locator import LocatorClient
from node.fetch.asking import question_of
from node.fetch.located import LocatedFetch
from node.locator.locating import Located, Locating
from node.locator.pseudonyms import Pseudonyms
from node.locator.publishing import Publisher
from node.people.documents import Document
from node.people.lookup import PersonLookup
from node.people.store import people_store
from node.wiring import Node
from tests.support.exchange import PERSON, grant, hold, person_record
from tests.support.network import Network
from trust.locator_terms import LocatorEpoch
from trust.parties import EntityKind


def member(net: Network, entity: str, *people: Document, kind: EntityKind = EntityKind.PUBLIC) -> Node:
    """Let an entity join and hold some people."""
    node = net.join(entity, kind=kind)
    hold(node, *(person_record(document) for document in people))
    return node


def refresh_all(net: Network) -> None:
    """Give every node the newest directory."""
    for node in net.nodes.values():
        node.directory_follower.refresh()


def publish(node: Node) -> None:
    """Tell the locator of a node's live consents, from nothing, as after a restart."""
    Publisher(node.context, node.locator_client()).step()


def consent(net: Network, holder: str, *askers: str, document: Document = PERSON, purpose: str = "casework") -> str:
    """Record a consent at a holder, publish it, and return its id."""
    refresh_all(net)
    consent_id = grant(net.nodes[holder], *askers, document=document, purposes=(purpose,))
    publish(net.nodes[holder])
    return consent_id


def locate(
    net: Network,
    asker: str,
    document: Document = PERSON,
    purpose: str = "casework",
    client: LocatorClient | None = None,
) -> Located:
    """Ask the locator."""
    return Locating(net.nodes[asker].context, client or net.nodes[asker].locator_client()).locate(document, purpose)


def fetch(net: Network, asker: str, document: Document = PERSON, *, fields: Sequence[str] = ()) -> LocatedFetch:
    """Fetch without naming entities."""
    node = net.nodes[asker]
    question = question_of(node.context, "casework", fields=fields)
    return node.fetching.fetch_located(PersonLookup(document), question)


def kept_pseudonym(node: Node, document: Document) -> tuple[LocatorEpoch, bytes]:
    """Return the newest epoch, and the pseudonym that a node keeps of one of its people in it."""
    directory = node.context.directory.newest()
    assert directory is not None
    assert directory.locator is not None
    epoch = directory.locator.epochs[-1]
    with node.context.snapshot() as session:
        person = people_store(node.context, session).get_by_document(document).person_id
        return epoch, Pseudonyms(node.context, node.locator_client()).kept(session, epoch, [person])[person]
