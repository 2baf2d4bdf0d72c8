"""Requests of an entity, and what the holder ``town`` answers, without a wire between."""

from collections.abc import Sequence

from node.people.documents import Document
from policies.case_access import AccessGained
from records_exchange.answer import FetchAnswer, parse_answer
from records_exchange.linkage import PairwiseKey
from records_exchange.request import FetchRequest, Question, build_request, opened_by_default, seal_request
from tests.support.exchange import NETWORK, PERSON, ExchangeNetwork

FIELDS = ("person.sex", "work.status", "edu.level")


def request(
    network: ExchangeNetwork,
    document: Document = PERSON,
    *,
    asker: str = "ngo",
    fields: Sequence[str] = FIELDS,
    role: str = "entity_technician",
    access: AccessGained | None = None,
    seen: Sequence[int] = (),
) -> FetchRequest:
    """Return a request of an entity about a person, as its node would build it."""
    peer = bytes.fromhex(network.parties["town"].exchange_key)
    key = PairwiseKey.derive(network.nodes[asker].context.keys.exchange, peer, network=NETWORK)
    subject = key.pseudonym(document.kind.value, document.number)
    question = Question("casework", fields, role, access=access or opened_by_default())
    now = network.clock.now()
    return build_request(question, asker=asker, holder="town", subject=subject, now=now, seen_sizes=seen)


def ask(network: ExchangeNetwork, asked: FetchRequest) -> FetchAnswer:
    """Return what the holder answers, with the request signed by its asker."""
    envelope = seal_request(asked, network.nodes[asked.asker].context.keys.signing)
    return parse_answer(network.nodes["town"].answering.answer(envelope, asked.asker).payload)
