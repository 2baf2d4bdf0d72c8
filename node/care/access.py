"""Access of professionals to people's cases at this entity: by the team, or by opening a case for a reason.

Access is granted for the case, not for the role (Ley 16/2010 art. 43). A professional outside the team opens the case
for a reason of the network's list (`policies.case_access`); questions to other entities state it, and both ledgers
record it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.reading_bodies import RecordReadBody
from node.care.errors import CaseDateInvalid, CaseNotOpen
from node.care.model import Membership, Opening, ProfessionalAccess
from node.care.professionals import check_professional
from node.care.store import case_store
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.people.documents import Document
from node.people.lookup import PersonLookup
from node.people.store import people_store
from policies.case_access import AccessGained, CaseAccess, load_case_access
from policies.local_days import end_of
from policies.record_readings import RecordPart
from policies.terms import find_term
from policies.vocabulary import load_vocabulary
from presentation.messages import _

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OPENED_FOR: Final = timedelta(hours=12)
"""A working day; longer access takes a new opening or a place on the team."""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """The team of a person's case, past members included, and its openings."""

    team: tuple[Membership, ...]
    openings: tuple[Opening, ...]
    as_of: datetime


class CaseRegister:
    """Keeps the teams and openings of one node's cases."""

    def __init__(self, context: NodeContext) -> None:
        self._context = context

    def add_member(
        self, document: Document, professional: str, role: str, *, added_by: str, until: date | None = None
    ) -> Membership:
        """Add a professional to the team of a person's case, from now to the end of a day if one is given.

        Raises:
            PersonUnknown: this entity holds nobody with that document.
            ProfessionalInvalid: a reference has no valid form, or is an identity document.
            UnknownTerm: there is no such role, it sees no records, or entities of this kind have none.
            CaseDateInvalid: the last day is over.
            MemberKnown: the professional is on the team in that role already.
        """
        now = self._context.clock.now()
        end = end_of(until) if until else None
        if end is not None and end <= now:
            raise CaseDateInvalid(
                _("el último día ya ha pasado"), remedy=_("indique una fecha posterior en --until, o no la indique")
            )
        member = Membership(
            check_professional(professional), self._role(role), now, end, added_by=check_professional(added_by)
        )
        with self._context.transaction() as session:
            case_store(self._context, session).add_member(self._person(session, document), member, now)
        return member

    def remove_member(self, document: Document, professional: str, *, ended_by: str) -> int:
        """End every membership of a professional now, and return their number.

        Raises:
            PersonUnknown, ProfessionalInvalid: as in `add_member`.
            MemberUnknown: the professional is not on the team.
        """
        reference, by = check_professional(professional), check_professional(ended_by)
        with self._context.transaction() as session:
            person = self._person(session, document)
            return case_store(self._context, session).end_membership(person, reference, by, self._context.clock.now())

    def open(self, document: Document, professional: str, reason: str) -> Opening:
        """Open a case for a professional outside its team; their questions of the next hours state this reason.

        Raises:
            PersonUnknown, ProfessionalInvalid: as in `add_member`.
            UnknownTerm: there is no such reason.
        """
        now = self._context.clock.now()
        known = load_case_access().reason(reason).id
        found = ProfessionalAccess(check_professional(professional), "", AccessGained(CaseAccess.OPENED, known))
        self.note_reading(document, found, RecordPart.CASE_OPENED)
        return _opening(found.professional, known, now)

    def read(
        self, document: Document, professional: str, part: RecordPart, *, role: str = "", reason: str = ""
    ) -> ProfessionalAccess:
        """Record that a professional reads a part of a person's record, and return their access; see `access_to`.

        A professional outside the team opens the case by reading. The entry is durable when this returns, before
        anything is shown.

        Raises:
            PersonUnknown: this entity holds nobody with that document.
            ProfessionalInvalid, UnknownTerm: as `access_to`.
        """
        found = self.access_of(document, professional, role=role, reason=reason)
        self.note_reading(document, found, part)
        return found

    def access_held(self, document: Document, professional: str) -> ProfessionalAccess | None:
        """Return a professional's access to a case as it stands: on its team, or by an opening that still holds.

        Raises:
            PersonUnknown: this entity holds nobody with that document.
            ProfessionalInvalid: as `add_member`.
        """
        reference, now = check_professional(professional), self._context.clock.now()
        with self._context.snapshot() as session:
            person, store = self._person(session, document), case_store(self._context, session)
            places, reason = (
                store.memberships(person, reference, now),
                _still_open(store.openings(person), reference, now),
            )
        if places:
            return ProfessionalAccess(reference, places[0].role, AccessGained(CaseAccess.TEAM))
        return ProfessionalAccess(reference, "", load_case_access().opened(reason)) if reason else None

    def read_held(self, document: Document, professional: str, part: RecordPart) -> ProfessionalAccess:
        """Record a reading by access that stands, which opens nothing; the entry is durable when this returns.

        Raises:
            CaseNotOpen: the professional is not on the team, and no opening of theirs holds.
            PersonUnknown, ProfessionalInvalid: as `access_held`.
        """
        found = self.access_held(document, professional)
        if found is None:
            raise CaseNotOpen(
                _("no está en el equipo de este caso, ni lo ha abierto"), remedy=_("ábralo, con su motivo")
            )
        self.note_reading(document, found, part, opens=False)
        return found

    def note_reading(
        self, document: Document, found: ProfessionalAccess, part: RecordPart, *, opens: bool = True
    ) -> None:
        """Record a reading by a known way to the case; by an opening, the case is open from now for its reason.

        Args:
            document: of the person.
            found: the way to the case.
            part: of the record.
            opens: False for a reading by an opening that holds already, which does not last longer by it.

        Raises:
            PersonUnknown: this entity holds nobody with that document.
        """
        now, reason = self._context.clock.now(), found.access.reason
        with self._context.transaction() as session:
            person = self._person(session, document)
            if reason is not None and opens:
                case_store(self._context, session).open(person, _opening(found.professional, reason, now))
            body = RecordReadBody(
                person_ref=person,
                part=part.value,
                professional=found.professional,
                case_access=found.access.how.value,
                reason=reason,
            )
            own_ledger(self._context, session).append([NewEntry(EntryType.RECORD_READ, body)], now)

    def case_file(self, document: Document) -> CaseFile:
        """Return the team and the openings of a person's case.

        Raises:
            PersonUnknown: this entity holds nobody with that document.
        """
        with self._context.snapshot() as session:
            person, store = self._person(session, document), case_store(self._context, session)
            return CaseFile(store.team(person), store.openings(person), self._context.clock.now())

    def access_of(
        self, document: Document, professional: str, *, role: str = "", reason: str = ""
    ) -> ProfessionalAccess:
        """Look a person up and return a professional's access to their case now; see `access_to`.

        Raises:
            ProfessionalInvalid, UnknownTerm: as `access_to`.
        """
        return self.access_to(PersonLookup(document), professional, role=role, reason=reason)

    def access_to(
        self, lookup: PersonLookup, professional: str, *, role: str = "", reason: str = ""
    ) -> ProfessionalAccess:
        """Return a professional's access to a person's case now. Nothing is written.

        A member of the team in `role` (in any function when `role` is empty) has access by the team. Anybody else has
        access by opening: for `reason`, else for the reason of an opening of theirs that still holds, else for the
        default one. A person unknown to this entity has no team.

        Raises:
            ProfessionalInvalid: the reference has no valid form, or is an identity document.
            UnknownTerm: there is no such reason.
        """
        reference, rules = check_professional(professional), load_case_access()
        given = rules.reason(reason).id if reason else ""
        now = self._context.clock.now()
        with self._context.snapshot() as session:
            person, store = lookup.person_id(people_store(self._context, session)), case_store(self._context, session)
            places = store.memberships(person, reference, now) if person else ()
            openings = store.openings(person) if person else ()
        in_role = [place.role for place in places if role in ("", place.role)]
        if in_role:
            return ProfessionalAccess(reference, in_role[0], AccessGained(CaseAccess.TEAM))
        return ProfessionalAccess(reference, role, rules.opened(given or _still_open(openings, reference, now)))

    def _role(self, role: str) -> str:
        """Return the id of a role that sees records and that entities of this kind have."""
        directory, entity = self._context.directory.newest(), self._context.settings.entity
        kinds = {party.id: str(party.kind) for party in directory.entities} if directory else {}
        fitting = {
            each.id: each
            for each in load_vocabulary().roles
            if each.sees_records and (entity not in kinds or kinds[entity] in {str(kind) for kind in each.kinds})
        }
        return find_term(_("función con acceso a fichas en este tipo de entidad"), fitting, role).id

    def _person(self, session: "Session", document: Document) -> str:
        return people_store(self._context, session).get_by_document(document).person_id


def _opening(professional: str, reason: str, now: datetime) -> Opening:
    return Opening(professional, reason, now, now + OPENED_FOR)


def _still_open(openings: Sequence[Opening], professional: str, now: datetime) -> str:
    held = [
        each.reason for each in openings if each.professional == professional and each.opened_at <= now < each.until
    ]
    return held[-1] if held else ""
