"""Requests of an entity, and the answers of the holder ``town``, without a wire between."""

from collections.abc import Sequence

from node.context import NodeContext
from node.fetch.answering import Answering
from node.people.documents import Document
from policies.case_access import AccessGained
from records_exchange.answer import FetchAnswer, parse_answer
from records_exchange.linkage import PairwiseKey
from records_exchange.request import FetchRequest, Question, build_request, opened_by_default, seal_request
from tests.support.parts import NETWORK, keys_of
from tests.support.people import PERSON

FIELDS = ("person.sex", "work.status", "edu.level")


def pairwise_key(asker: str = "ngo") -> PairwiseKey:
    """Return the key of an entity's pseudonyms at the holder."""
    return PairwiseKey.derive(keys_of(asker).exchange, keys_of("town").exchange_public, network=NETWORK)


def request(
    holder: NodeContext,
    document: Document = PERSON,
    *,
    asker: str = "ngo",
    fields: Sequence[str] = FIELDS,
    role: str = "entity_technician",
    access: AccessGained | None = None,
    seen: Sequence[int] = (),
) -> FetchRequest:
    """Return a request of an entity about a person, as its node would build it now."""
    subject = pairwise_key(asker).pseudonym(document.kind.value, document.number)
    question = Question("casework", fields, role, access=access or opened_by_default())
    now = holder.clock.now()
    return build_request(question, asker=asker, holder="town", subject=subject, now=now, seen_sizes=seen)


def ask(answering: Answering, asked: FetchRequest) -> FetchAnswer:
    """Return the holder's answer to a request that its asker signs."""
    envelope = seal_request(asked, keys_of(asked.asker).signing)
    return parse_answer(answering.answer(envelope, asked.asker).payload)
