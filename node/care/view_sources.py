"""The sources of a case view: this entity's own record, and the answers of other entities.

No view is stored: each asks anew, by the ordinary consented request. Every entity that was asked is a source, with the
values that it shares, the fields that it withholds, or the reason why there is no answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from node.care.access import CaseRegister
from node.care.model import ProfessionalAccess
from node.care.summary import summarise
from node.context import NodeContext
from node.fetch.asking import Asking, Fetched, HolderReply
from node.fetch.report import exit_code as fetch_exit_code
from node.locator.errors import LocatorMissing, LocatorUnreachable
from node.locator.locating import Locating
from node.people.errors import PersonUnknown
from node.people.lookup import PersonLookup
from node.people.model import FieldValue
from node.people.model import Value as RecordedValue
from node.people.store import people_store
from policies.errors import RedpactError
from policies.record_readings import RecordPart
from records_exchange.answer import Value as AnswerValue
from records_exchange.request import Question

UNSTATED: Final = "unstated"
"""The reader in the ledger when a question names no professional."""


@dataclass(frozen=True, slots=True)
class ViewSource:
    """One entity in a view.

    Attributes:
        entity: its id.
        name: its name in the directory.
        own: whether it is this entity.
        values: field to value, of the fields asked for.
        withheld: field to reason code, of the fields asked for and not shown.
        refusal: reason code when it shares nothing at all.
        error: the reason why there is no answer, or none that verifies.
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
        """Return whether the view shows nothing at all."""
        return self.error is not None or self.refusal is not None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A view of a case. Its sources are this entity, if it holds the person, then the others as they were named."""

    question: Question
    sources: tuple[ViewSource, ...]
    as_of: datetime
    fetched: Fetched | None = None

    @property
    def exit_code(self) -> int:
        """0 when any source shows a value, this entity included; otherwise the exit code of the fetch."""
        if any(source.values for source in self.sources):
            return 0
        return fetch_exit_code(self.fetched) if self.fetched else 1


def chosen_holders(names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the entities that a view asks: the named ones, once each."""
    return tuple(dict.fromkeys(names or ()))


def located_holders(
    locating: Locating, lookup: PersonLookup, purpose: str
) -> tuple[tuple[str, ...], RedpactError | None]:
    """Return the holders that the private locator names, and the error when there is no locator to ask.

    Without a locator a view still shows this entity's own part.

    Raises:
        RedpactError: as `Locating.locate_person`, in every other case.
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
) -> CaseView:
    """Read this entity's own record, on record, and ask the others.

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
    return CaseView(question, (*_own(context, lookup, question, now), *others), now, fetched)


def _own(context: NodeContext, lookup: PersonLookup, question: Question, now: datetime) -> Iterator[ViewSource]:
    with context.snapshot() as session:
        people = people_store(context, session)
        person = lookup.person_id(people)
    if person is None:
        return
    reader = ProfessionalAccess(question.professional or UNSTATED, question.role, question.access)
    CaseRegister(context).note_reading(lookup.document, reader, RecordPart.JOINT_VIEW)
    with context.snapshot() as session:
        people = people_store(context, session)
        try:
            values = summarise(people, person, question.fields, now)
        except PersonUnknown:  # erased since the look-up
            return
    entity = context.settings.entity
    yield ViewSource(entity, context.entity_names().get(entity, entity), own=True, values=values)


def _source(reply: HolderReply) -> ViewSource:
    answer = reply.answer
    if answer is None:
        return ViewSource(reply.holder.id, reply.holder.name, error=reply.error)
    values = {each.id: FieldValue(_thawed(each.value), each.recorded_at) for each in answer.fields}
    withheld = {each.id: each.reason for each in answer.withheld}
    return ViewSource(reply.holder.id, reply.holder.name, values=values, withheld=withheld, refusal=answer.reason)


def _thawed(value: AnswerValue) -> RecordedValue:
    return list(value) if isinstance(value, tuple) else value
