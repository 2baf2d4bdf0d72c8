"""What a view of a case is made of: this entity's own record, and what each other entity lets it see.

Nothing here is central: each view asks anew, by the ordinary consented request, and every entity that was asked is in
it, with what it shares, what it withholds, or that it did not answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from node.care.summary import summarise
from node.context import NodeContext
from node.fetch.asking import Asking, Fetched, Reply
from node.fetch.report import exit_code as fetch_exit_code
from node.locator.errors import LocatorMissing, LocatorUnreachable
from node.locator.locating import Locating
from node.people.errors import PersonUnknown
from node.people.lookup import PersonLookup
from node.people.model import FieldValue
from node.people.model import Value as RecordedValue
from node.people.store import people_store
from policies.errors import RedpactError
from records_exchange.answer import Value as AnswerValue
from records_exchange.request import Question


@dataclass(frozen=True, slots=True)
class Source:
    """One entity in a view.

    Attributes:
        entity: its id.
        name: its name in the directory.
        own: whether it is this one.
        values: what it shows of the fields asked for.
        withheld: field to reason code, of those it was asked for and does not show.
        refusal: reason code when it shares nothing at all.
        error: why there is no answer of it, or none that verifies.
    """

    entity: str
    name: str
    own: bool = False
    values: Mapping[str, FieldValue] = field(default_factory=dict)
    withheld: Mapping[str, str] = field(default_factory=dict)
    refusal: str | None = None
    error: RedpactError | None = None

    @property
    def silent(self) -> bool:
        """Tell whether nothing at all came of it."""
        return self.error is not None or self.refusal is not None


@dataclass(frozen=True, slots=True)
class Gathered:
    """The sources of a view: this entity first, if it holds the person, then the others as they were named."""

    question: Question
    sources: tuple[Source, ...]
    as_of: datetime
    fetched: Fetched | None = None

    @property
    def exit_code(self) -> int:
        """0 when anybody showed anything, this entity included; otherwise what a fetch would end with."""
        if any(source.values for source in self.sources):
            return 0
        return fetch_exit_code(self.fetched) if self.fetched else 1


def chosen_holders(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the entities that a view asks: those named, once each, and nobody else when none was.

    The one place where the holders of a view are chosen.
    """
    return tuple(dict.fromkeys(names or ()))


def located_holders(
    locating: Locating, lookup: PersonLookup, purpose: str
) -> tuple[tuple[str, ...], RedpactError | None]:
    """Return whom the private locator names for a view, and why it could not be asked, if it could not.

    Without a locator a view still shows this entity's own part.

    Raises:
        RedpactError: as `Locating.locate_person`, for whatever else is wrong.
    """
    try:
        return locating.locate_person(lookup, purpose).holders, None
    except (LocatorMissing, LocatorUnreachable) as error:
        return (), error


def gather(
    context: NodeContext,
    asking: Asking,
    lookup: PersonLookup,
    question: Question,
    holders: Sequence[str] | None = None,
) -> Gathered:
    """Read this entity's own record and ask the others.

    Args:
        context: of this entity.
        asking: asks the others in this entity's name.
        lookup: of the person.
        question: purpose, fields, role and access; see `node.care.questions.case_question`.
        holders: entity ids; see `chosen_holders`.

    Raises:
        RedpactError: as `Asking.ask`; nothing was sent.
    """
    now, names = context.clock.now(), chosen_holders(holders)
    fetched = asking.ask(lookup, question, names) if names else None
    others = tuple(_source(reply) for reply in fetched.replies) if fetched else ()
    return Gathered(question, (*_own(context, lookup, question, now), *others), now, fetched)


def _own(context: NodeContext, lookup: PersonLookup, question: Question, now: datetime) -> Iterator[Source]:
    with context.snapshot() as session:
        people = people_store(context, session)
        person = lookup.person_id(people)
        if person is None:
            return
        try:
            values = summarise(people, person, question.fields, now)
        except PersonUnknown:  # erased since the look-up
            return
    entity = context.settings.entity
    yield Source(entity, context.entity_names().get(entity, entity), own=True, values=values)


def _source(reply: Reply) -> Source:
    answer = reply.answer
    if answer is None:
        return Source(reply.holder.id, reply.holder.name, error=reply.error)
    values = {each.id: FieldValue(_thawed(each.value), each.recorded_at) for each in answer.fields}
    withheld = {each.id: each.reason for each in answer.withheld}
    return Source(reply.holder.id, reply.holder.name, values=values, withheld=withheld, refusal=answer.reason)


def _thawed(value: AnswerValue) -> RecordedValue:
    return list(value) if isinstance(value, tuple) else value
