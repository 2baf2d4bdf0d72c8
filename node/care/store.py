"""The database of people's cases, inside the caller's transaction."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Row, Select, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from node.care.errors import ActionUnknown, MemberKnown, MemberUnknown
from node.care.model import CaseAction, Membership, Opening
from node.care.tables import ACTIONS, OPENINGS, TEAM
from node.seals.row_digests import rows_digest
from node.seals.scopes import CasePart, Scope
from node.seals.seals import Seals, require, seals_in
from presentation.messages import _

if TYPE_CHECKING:
    from node.cipher import RecordCipher
    from node.context import NodeContext

# Built once: every request for actions runs one.
_OF_PERSON: Final[Mapping[CasePart, Select[Any]]] = MappingProxyType(
    {
        CasePart.TEAM: select(TEAM).order_by(TEAM.c.since, TEAM.c.membership_id),
        CasePart.OPENINGS: select(OPENINGS).order_by(OPENINGS.c.opened_at, OPENINGS.c.opening_id),
        CasePart.ACTIONS: select(ACTIONS).order_by(ACTIONS.c.since, ACTIONS.c.action_id),
    }
)
_QUERIES: Final = MappingProxyType(
    {
        part: query.where(query.selected_columns["person_ref"] == bindparam("person"))
        for part, query in _OF_PERSON.items()
    }
)


class CaseStore:
    """Keeps teams, openings and actions of people's cases.

    Those of a person are sealed together. Every method but `forget_person` raises `RecordsTampered` when they are not
    those that this node wrote last: nobody is put on a team, and no action is published, by writing to the database.
    """

    def __init__(self, session: Session, seals: Seals) -> None:
        self._session = session
        self._seals = seals

    # ---- the team

    def add_member(self, person_ref: str, member: Membership, now: datetime) -> None:
        """Add a professional to the team.

        Raises:
            MemberKnown: the professional has that function there already.
        """
        if any(held.role == member.role for held in self.memberships(person_ref, member.professional, now)):
            raise MemberKnown(
                _(
                    "{professional} ya está en el equipo con la función {role}",
                    professional=member.professional,
                    role=member.role,
                ),
                remedy=_("no tiene que hacer nada más"),
            )
        row = {"membership_id": uuid.uuid4().hex, "person_ref": person_ref, **asdict(member)}
        with self._changing(person_ref, CasePart.TEAM):
            self._session.execute(insert(TEAM).values(row))

    def end_membership(self, person_ref: str, professional: str, ended_by: str, now: datetime) -> int:
        """End every membership of a professional now, and return their number.

        Raises:
            MemberUnknown: the professional is not on the team.
        """
        live = (
            (TEAM.c.person_ref == person_ref)
            & (TEAM.c.professional == professional)
            & (TEAM.c.until.is_(None) | (TEAM.c.until > now))
        )
        with self._changing(person_ref, CasePart.TEAM):
            count = len(self._session.execute(select(TEAM.c.membership_id).where(live)).all())
            if not count:
                raise MemberUnknown(
                    _("{professional} no está en el equipo", professional=professional),
                    remedy=_("consulte: redpact-node case team list"),
                )
            self._session.execute(update(TEAM).where(live).values(until=now, ended_by=ended_by))
        return count

    def team(self, person_ref: str) -> tuple[Membership, ...]:
        """Return present and past memberships, the earliest first."""
        return tuple(_member(row) for row in self._verified(person_ref, CasePart.TEAM))

    def memberships(self, person_ref: str, professional: str, now: datetime) -> tuple[Membership, ...]:
        """Return the memberships that a professional has now: one for each function."""
        return tuple(held for held in self.team(person_ref) if held.professional == professional and held.live(now))

    def cases_of(self, professional: str, now: datetime) -> dict[str, str]:
        """Return the people on whose team a professional is now, each with the role in which."""
        live = (TEAM.c.since <= now) & (TEAM.c.until.is_(None) | (TEAM.c.until > now))
        found = select(TEAM.c.person_ref).where(TEAM.c.professional == professional, live).distinct()
        places = {person: self.memberships(person, professional, now) for person in self._session.scalars(found)}
        return {person: held[0].role for person, held in places.items() if held}

    # ---- opening

    def open(self, person_ref: str, opening: Opening) -> None:
        """Record an opening."""
        row = {"opening_id": uuid.uuid4().hex, "person_ref": person_ref, **asdict(opening)}
        with self._changing(person_ref, CasePart.OPENINGS):
            self._session.execute(insert(OPENINGS).values(row))

    def openings(self, person_ref: str) -> tuple[Opening, ...]:
        """Return the openings of a case, the earliest first."""
        rows = self._verified(person_ref, CasePart.OPENINGS)
        return tuple(Opening(row.professional, row.reason, row.opened_at, row.until) for row in rows)

    # ---- actions

    def add_action(self, person_ref: str, action: CaseAction) -> None:
        """Record an action."""
        with self._changing(person_ref, CasePart.ACTIONS):
            self._session.execute(insert(ACTIONS).values({"person_ref": person_ref, **asdict(action)}))

    def actions(self, person_ref: str) -> tuple[CaseAction, ...]:
        """Return the actions of a case, the earliest first."""
        return tuple(_action(row) for row in self._verified(person_ref, CasePart.ACTIONS))

    def action(self, person_ref: str, action_id: str) -> CaseAction:
        """Return the action of a case with an id, or with an id that begins so.

        Raises:
            ActionUnknown: the case has none, or several.
        """
        found = [action for action in self.actions(person_ref) if action_id and action.action_id.startswith(action_id)]
        if len(found) != 1:
            raise ActionUnknown(
                _("varias acciones de este caso tienen un identificador que empieza así")
                if found
                else _("ninguna acción de este caso tiene ese identificador"),
                remedy=_("consulte: redpact-node case action list"),
            )
        return found[0]

    def change_action(self, person_ref: str, changed: CaseAction) -> None:
        """Replace the action of a case with the same id."""
        values = asdict(changed)
        this = (ACTIONS.c.person_ref == person_ref, ACTIONS.c.action_id == values.pop("action_id"))
        with self._changing(person_ref, CasePart.ACTIONS):
            self._session.execute(update(ACTIONS).where(*this).values(values))

    # ---- erasure

    def forget_person(self, person_ref: str) -> None:
        """Delete everything stored of a person's case: part of erasing the person."""
        for table in (TEAM, OPENINGS, ACTIONS):
            self._session.execute(delete(table).where(table.c.person_ref == person_ref))
        self._seals.write(Scope.CASE, person_ref, None, verified=False)

    # ---- seals

    def _verified(self, person_ref: str, part: CasePart) -> Sequence[Row[Any]]:
        def read() -> Sequence[Row[Any]]:
            rows, seal = self._rows(person_ref, part), self._seals.seal(Scope.CASE, person_ref)
            if rows or seal is not None:
                require(seal, Scope.CASE, person_ref, {part: part_digest(self._seals.cipher, part, rows)})
            return rows

        return self._seals.settled(read)

    @contextmanager
    def _changing(self, person_ref: str, part: CasePart) -> Iterator[None]:
        """Verify a part of a case, and seal it as the block leaves it."""
        self._seals.lock()
        self._verified(person_ref, part)
        seal, cipher = self._seals.seal(Scope.CASE, person_ref), self._seals.cipher
        digests = list(seal.digests) if seal else [part_digest(cipher, each, ()) for each in CasePart]
        yield
        digests[part] = part_digest(cipher, part, self._rows(person_ref, part))
        self._seals.write(Scope.CASE, person_ref, digests)

    def _rows(self, person_ref: str, part: CasePart) -> Sequence[Row[Any]]:
        return self._session.connection().execute(_QUERIES[part], {"person": person_ref}).all()


def case_store(context: "NodeContext", session: Session) -> CaseStore:
    """Return the store of cases of this entity, working inside `session`."""
    return CaseStore(session, seals_in(session, context.keys.cipher))


def part_digest(cipher: "RecordCipher", part: CasePart, rows: "Iterable[Row[Any]]") -> bytes:
    """Return the digest of a part of a case."""
    return rows_digest(cipher, f"case|{part.name}", rows)


def _member(row: Row[Any]) -> Membership:
    return Membership(row.professional, row.role, row.since, row.until, row.added_by, row.ended_by)


def _action(row: Row[Any]) -> CaseAction:
    return CaseAction(
        action_id=row.action_id,
        professional=row.professional,
        function=row.function,
        case_role=row.case_role,
        action=row.action,
        since=row.since,
        until=row.until,
        state=row.state,
        updated_at=row.updated_at,
    )
