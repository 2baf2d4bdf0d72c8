"""Households with their members: somebody joins one, leaves it, and the counts follow from who lives there."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from node.context import NodeContext
from node.households.errors import AlreadyInHousehold, HouseholdInvalid, HouseholdUnknown
from node.households.model import MOST_CURRENT, MemberCounts, Membership, count_members
from node.households.store import MemberStore, member_store
from node.people.csv_format import HOUSEHOLD_PATTERN
from node.people.documents import Document
from node.people.import_lookup import households_by_reference
from node.people.model import Household, PersonRef
from node.people.store import PersonStore, people_store
from policies.birth import Reached
from policies.codes import load_codes
from policies.local_days import local_day
from policies.support import FULL_AGE_YEARS
from presentation.messages import _

MAX_MEMBERS: Final = 30
_ID_BYTES: Final = 8
_REFERENCE: Final = re.compile(HOUSEHOLD_PATTERN)


@dataclass(frozen=True, slots=True)
class JoinInput:
    """A person who joins a household.

    Attributes:
        document: of the person.
        reference: the entity's own, of the household; a new one when nobody has it.
        role: code of ``household_role``.
        since: first day; today when None.
        move: whether the person leaves the household in which they live.
        shared_custody: whether a minor goes on living in the other household too.
        kind: code of ``household_type``, of a new household.
    """

    document: Document
    reference: str
    role: str
    since: date | None = None
    move: bool = False
    shared_custody: bool = False
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class HouseholdView:
    """A household with its places, and the counts that follow beside those that were written."""

    reference: str
    described: Household
    places: tuple[Membership, ...]
    counted: MemberCounts | None

    @property
    def conflicts(self) -> tuple[str, ...]:
        """The counts that were written and are not those of the members."""
        if self.counted is None:
            return ()
        pairs = {"size": self.counted.size, "minors": self.counted.minors}
        written = {name: getattr(self.described, name) for name in pairs}
        return tuple(name for name, n in pairs.items() if n is not None and written[name] not in (None, n))


class Households:
    """Changes and reads the households of one entity."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    def join(self, given: JoinInput) -> Membership:
        """Record that a person lives in a household; a household that is not there begins with them.

        Raises:
            PersonUnknown: nobody here has that document.
            UnknownTerm: there is no such role or type.
            HouseholdInvalid: no reference, a day in the future, somebody of age in shared custody, too many members.
            AlreadyInHousehold: the person lives in one, and neither moves nor is in shared custody.
        """
        now = self._context.clock.now()
        today = local_day(now)
        since = given.since or today
        _require_possible(given, since, today)
        with self._context.transaction() as session:
            people, store = people_store(self._context, session), member_store(self._context, session)
            person = people.get_by_document(given.document)
            lives_in = [place for place in store.of_person(person.person_id) if place.current(today)]
            self._require_room(people, person, lives_in, given, today)
            if given.move:
                for place in lives_in:
                    store.end(replace(place, valid_until=since - timedelta(days=1)))  # before its first day: never
            household_id = self._household(people, store, person, given)
            if any(place.household_id == household_id for place in lives_in):
                raise AlreadyInHousehold(_("la persona ya vive en ese hogar"), remedy=_("consulte household list"))
            if len(_current(people, store, household_id, today)) >= MAX_MEMBERS:
                raise HouseholdInvalid(_("el hogar tiene demasiados miembros"), remedy=_("compruebe la referencia"))
            place = Membership(
                *(secrets.token_hex(_ID_BYTES), household_id, person.person_id, given.role, since),
                shared_custody=given.shared_custody,
            )
            store.add(place)
            return place

    def leave(self, document: Document, reference: str, last_day: date | None = None) -> Membership:
        """Record the last day of a person in a household.

        Raises:
            PersonUnknown: nobody here has that document.
            HouseholdUnknown: the person does not live in it.
            HouseholdInvalid: the day is in the future.
        """
        now = self._context.clock.now()
        today = local_day(now)
        if last_day is not None and last_day > today:
            raise HouseholdInvalid(_("la fecha es futura"), remedy=_("compruebe la fecha"))
        with self._context.transaction() as session:
            people, store = people_store(self._context, session), member_store(self._context, session)
            person = people.get_by_document(document)
            household_id = self._known(people, store, reference)
            places = [place for place in store.of_person(person.person_id) if place.household_id == household_id]
            place = next((each for each in places if each.valid_until is None), None)
            if place is None:
                raise HouseholdUnknown(
                    _("la persona no vive en ese hogar"), remedy=_("consulte redpact-node household list")
                )
            ended = replace(place, valid_until=last_day or today)
            store.end(ended)
            if people.summary_input(person.person_id, ()).household_id == household_id:
                ((_ref, record),) = people.records([person.person_id])
                people.save([replace(record, household=None, recorded_at=None)], now)
            return ended

    def list(self, document: Document) -> tuple[Membership, ...]:
        """Return the places of a person, the oldest first.

        Raises:
            PersonUnknown: nobody here has that document.
        """
        with self._context.snapshot() as session:
            person = people_store(self._context, session).get_by_document(document)
            return member_store(self._context, session).of_person(person.person_id)

    def show(self, reference: str) -> HouseholdView:
        """Return a household with its places and counts.

        Raises:
            HouseholdUnknown: there is no such household.
        """
        today = local_day(self._context.clock.now())
        with self._context.snapshot() as session:
            people, store = people_store(self._context, session), member_store(self._context, session)
            household_id = self._known(people, store, reference)
            described = households_by_reference(people, {reference}).get(reference) or Household(reference)
            places = store.of_household(household_id)
            return HouseholdView(reference, described, places, current_counts(people, store, household_id, today))

    # ---- helpers

    def _known(self, people: PersonStore, store: MemberStore, reference: str) -> str:
        found = store.household_id(people.cipher.blind_index("household", reference))
        if found is None:
            raise HouseholdUnknown(
                _("no consta ningún hogar con esa referencia"), remedy=_("compruebe la referencia del hogar")
            )
        return found

    def _require_room(
        self, people: PersonStore, person: PersonRef, lives_in: Sequence[Membership], given: JoinInput, today: date
    ) -> None:
        if given.shared_custody and people.identity(person.person_id).reached(FULL_AGE_YEARS, today) is Reached.YES:
            raise HouseholdInvalid(_("la custodia compartida es de menores de edad"), remedy=_("use --move si se muda"))
        ((_ref, record),) = people.records([person.person_id], fields=())
        elsewhere = record.household is not None and record.household.reference != given.reference
        if given.move or not (lives_in or elsewhere):
            return
        if len(lives_in) >= MOST_CURRENT or not given.shared_custody:
            raise AlreadyInHousehold(
                _("la persona ya vive en otro hogar"),
                remedy=_("use --move si se muda, o --shared-custody si vive en los dos"),
            )

    def _household(self, people: PersonStore, store: MemberStore, person: PersonRef, given: JoinInput) -> str:
        """Return the id of the household; unless custody is shared, the person's record names it from now on."""
        if not given.shared_custody:
            ((_ref, record),) = people.records([person.person_id])
            known = households_by_reference(people, {given.reference}).get(given.reference)
            household = known or Household(given.reference, given.kind)
            people.save([replace(record, household=household, recorded_at=None)], self._context.clock.now())
        return self._known(people, store, given.reference)


def current_counts(people: PersonStore, store: MemberStore, household_id: str, today: date) -> MemberCounts | None:
    """Return the counts of those who live in a household, as far as they are on record; None where nobody is."""
    return count_members(
        (people.identity(place.person_ref).birth for place in _current(people, store, household_id, today)), today
    )


def _current(people: PersonStore, store: MemberStore, household_id: str, today: date) -> list[Membership]:
    """Return the places of today; who moved by a file since lives where their record says."""
    return [
        place
        for place in store.of_household(household_id)
        if place.current(today)
        and (place.shared_custody or people.summary_input(place.person_ref, ()).household_id == household_id)
    ]


def _require_possible(given: JoinInput, since: date, today: date) -> None:
    load_codes().code("household_role", given.role)
    if given.kind is not None:
        load_codes().code("household_type", given.kind)
    if not _REFERENCE.fullmatch(given.reference):
        raise HouseholdInvalid(
            _("no es una referencia de hogar"), remedy=_("use hasta 40 letras, cifras o los signos _ . / -")
        )
    if since > today:
        raise HouseholdInvalid(_("la fecha es futura"), remedy=_("compruebe la fecha"))
    if given.move and given.shared_custody:
        raise HouseholdInvalid(
            _("o se muda o vive en los dos hogares"), remedy=_("deje solo --move o --shared-custody")
        )
