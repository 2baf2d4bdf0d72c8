"""The one answer to the question which part of a consent is in force at this entity, and why no more.

The exchange, referrals, the locator, and everything that shows a consent ask here, so that what people read is what the
entity does. Access control by role comes after it (`policies.access`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from consent_ledger.consents.in_force import Coverage, LiveConsent, Obstacle, coverages, obstacle_of
from consent_ledger.consents.model import ConsentView
from node.consents.freshness import is_silent
from node.context import NodeContext
from node.doubts.store import Doubt, doubt_store
from node.ledger.own import own_consents, own_policy
from node.people.documents import Document
from node.people.standing import Standing, StandingStore
from node.people.store import people_store
from node.seals.contacts import contacts_in
from policies.assurance import AssurancePolicy, default_policy


class Extent(StrEnum):
    """The extent to which a consent is in force."""

    WHOLE = "whole"
    PART = "part"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ConsentInForce:
    """A consent with its part in force for each of its purposes and recipients.

    Attributes:
        view: the consent.
        obstacle: the reason for which nothing of it is in force; None when something is.
        parts: for each of its purposes and recipients.
    """

    view: ConsentView
    obstacle: Obstacle | None
    parts: tuple[Coverage, ...]

    @property
    def extent(self) -> Extent:
        """The extent to which it is in force."""
        if self.obstacle is not None:
            return Extent.NONE
        return Extent.PART if any(part.obstacle or part.denied or part.closed for part in self.parts) else Extent.WHOLE

    @property
    def denials(self) -> tuple[str, ...]:
        """The consents that the person refused or withdrew, by which it lost something."""
        return tuple(dict.fromkeys(denial for part in self.parts for denial in part.denied.values()))


@dataclass(frozen=True, slots=True)
class JudgingWork:
    """The work of judging a person's consents, by which a refusal is evened out.

    Attributes:
        consents: those read.
        named: those that name the purpose and the recipient.
        policy_read: whether the assurance policy was read.
        contacts: the origins whose last contact was looked up.
    """

    consents: int
    named: int
    policy_read: bool
    contacts: int


class InForce:
    """Judges consents at one moment, inside one unit of work.

    Asked in the transaction that writes a release, it lets no withdrawal slip in between.
    """

    def __init__(self, context: NodeContext, session: Session, now: datetime) -> None:
        self._context = context
        self._consents = own_consents(context, session)
        self._bound = context.settings.silence_bound
        self._session = session
        self._contacts = contacts_in(session, context.keys.cipher)
        self._now = now
        self._policy: AssurancePolicy | None = None
        self._silent: dict[tuple[str, datetime | None], bool] = {}
        self._doubts: dict[str, dict[str, Doubt]] = {}
        self._standing = StandingStore(session, context.keys.cipher)
        self._standings: dict[str, tuple[Standing, frozenset[str]]] = {}
        self._exceptions: frozenset[str] | None = None
        self._read = self._named = 0

    @property
    def work(self) -> JudgingWork:
        """The work that `live` did so far."""
        return JudgingWork(self._read, self._named, self._policy is not None, len(self._silent))

    def live(self, person_ref: str, purpose: str, recipient: str) -> tuple[LiveConsent, ...]:
        """Return the consents by which a recipient may have fields of a person for a purpose, with these fields."""
        views = self._consents.list(person_ref)
        self._doubts_about(person_ref)  # for everybody: whether there are consents given elsewhere costs no time
        self._around(person_ref)
        self._read += len(views)
        found = list(self._parts(views, purpose, recipient))
        self._named += len(found)
        return tuple(LiveConsent.of(part) for part in found if part.fields)

    def of(self, consent_id: str) -> ConsentInForce:
        """Return one consent with its part in force.

        Raises:
            ConsentUnknown: there is no such consent.
        """
        view = self._consents.get(consent_id)
        found = self.among(self._consents.list(view.person_ref))
        return next(each for each in found if each.view.consent_id == consent_id)

    def list(self, person_ref: str | None = None) -> tuple[ConsentInForce, ...]:
        """Return the consents of a person with their parts in force, of everybody when None, oldest first."""
        if person_ref is None:
            self.read_exceptions()
        by_person: dict[str, list[ConsentView]] = {}
        for view in self._consents.list(person_ref):
            by_person.setdefault(view.person_ref, []).append(view)
        found = (each for views in by_person.values() for each in self.among(views))
        return tuple(sorted(found, key=lambda each: each.view.given_index))

    def not_ended(self, person_ref: str) -> tuple[ConsentView, ...]:
        """Return the consents of a person that are in force or may be again: none that has ended by itself."""
        return tuple(view for view in self._consents.list(person_ref) if obstacle_of(view, self._now) is None)

    def read_exceptions(self) -> None:
        """Read at once who has a doubt or a standing of their own: before judging everybody, one by one."""
        people = {name for each in self._standing.all() for name in (each.person_ref, each.merged_into) if name}
        people |= {each.person_ref for each in doubt_store(self._context, self._session).list()}
        self._exceptions = frozenset(people)

    def among(self, views: Sequence[ConsentView]) -> Iterator[ConsentInForce]:
        """Return some consents of one person with their parts in force.

        Args:
            views: all that are valid for processing or that the person refused or withdrew, at least.
        """
        found: dict[tuple[str, str], dict[str, Coverage]] = {}
        for view in views:
            by_itself = obstacle_of(view, self._now)
            if by_itself is not None:
                yield ConsentInForce(view, by_itself, ())
                continue
            pairs = [(purpose, to) for purpose in view.record.purposes for to in view.record.recipients]
            for pair in pairs:
                if pair not in found:
                    found[pair] = {part.view.consent_id: part for part in self._parts(views, *pair)}
            yield _joined(view, tuple(found[pair][view.consent_id] for pair in pairs))

    def _parts(self, views: Sequence[ConsentView], purpose: str, recipient: str) -> Iterator[Coverage]:
        person_ref = views[0].person_ref if views else ""
        judged = [*views, *self._denials_of_others(person_ref)] if views else []
        for part in coverages(judged, purpose, recipient, self._now, self._assurance_policy(views)):
            if part.view.person_ref != person_ref:
                continue
            if part.fields and (closed := self._closed(person_ref)) is not None:
                yield part.without(closed)
            elif part.fields and self._is_silent(part.view):
                yield part.without(Obstacle.ORIGIN_SILENT)
            elif part.fields and self._is_of_another(part.view):
                yield part.without(Obstacle.IDENTITY_DOUBT)
            else:
                yield part

    def _assurance_policy(self, views: Sequence[ConsentView]) -> AssurancePolicy:
        """Return the entity's policy, read when the first consent given elsewhere needs it."""
        if self._policy is None and any(view.record.origin for view in views):
            self._policy = own_policy(self._context, self._session).read()
        return self._policy or default_policy()

    def _doubts_about(self, person_ref: str) -> dict[str, Doubt]:
        if self._exceptions is not None and person_ref not in self._exceptions:
            return {}
        if person_ref not in self._doubts:
            self._doubts[person_ref] = doubt_store(self._context, self._session).of_person(person_ref)
        return self._doubts[person_ref]

    def _closed(self, person_ref: str) -> Obstacle | None:
        """Return the reason for which nothing of a person is shared, whatever they consented to."""
        standing = self._around(person_ref)[0]
        if standing.died:
            return Obstacle.PERSON_DECEASED
        return Obstacle.PERSON_UNASSIGNED if standing.unassigned else None

    def _denials_of_others(self, person_ref: str) -> Sequence[ConsentView]:
        """Return the denials by the same person in records that are merged with this one: a no counts for all."""
        others = sorted(self._around(person_ref)[1])
        return [view for each in others for view in self._consents.list(each) if view.denies]

    def _around(self, person_ref: str) -> tuple[Standing, frozenset[str]]:
        if person_ref not in self._standings:
            plain = self._exceptions is not None and person_ref not in self._exceptions
            found = (Standing(person_ref), frozenset[str]()) if plain else self._standing.around(person_ref)
            self._standings[person_ref] = found
        return self._standings[person_ref]

    def _is_of_another(self, view: ConsentView) -> bool:
        """Return whether the entity where a consent was given may have given it for another person."""
        if view.record.origin is None:
            return False
        doubt = self._doubts_about(view.person_ref).get(view.record.origin.entity)
        return doubt is not None and doubt.holds_back

    def _is_silent(self, view: ConsentView) -> bool:
        origin = view.record.origin
        if origin is None:
            return False
        key = (origin.entity, view.told_at)
        if key not in self._silent:
            self._silent[key] = is_silent(self._contacts, *key, now=self._now, bound=self._bound)
        return self._silent[key]


def consents_in_force(context: NodeContext, document: Document | None = None) -> tuple[ConsentInForce, ...]:
    """Return the consents of a person, of everybody when no document is given, with their parts in force now.

    Those of records that are merged with the person's are among them.

    Raises:
        PersonUnknown: nobody here has that document.
    """
    with context.snapshot() as session:
        judge, people = InForce(context, session, context.clock.now()), people_store(context, session)
        if document is None:
            return judge.list()
        records = people.standing.group(people.get_by_document(document).person_id)
        return tuple(each for record in records for each in judge.list(record))


def consent_in_force(context: NodeContext, consent_id: str) -> ConsentInForce:
    """Return one consent with its part in force now.

    Raises:
        ConsentUnknown: there is no such consent.
    """
    with context.snapshot() as session:
        return InForce(context, session, context.clock.now()).of(consent_id)


def _joined(view: ConsentView, parts: tuple[Coverage, ...]) -> ConsentInForce:
    obstacle = None if any(part.fields for part in parts) else parts[0].obstacle
    return ConsentInForce(view, obstacle, parts)
