"""The database of people's cases, inside the caller's transaction."""

import uuid
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from node.care.errors import ActionUnknown, MemberKnown, MemberUnknown
from node.care.model import CaseAction, Membership, Opening
from node.care.tables import ACTIONS, OPENINGS, TEAM
from presentation.messages import _

# Built once: every request for actions runs it.
_ACTIONS_OF: Final = (
    select(ACTIONS).where(ACTIONS.c.person_ref == bindparam("person")).order_by(ACTIONS.c.since, ACTIONS.c.action_id)
)


class CaseStore:
    """Keeps teams, openings and actions of people's cases."""

    def __init__(self, session: Session) -> None:
        self._session = session

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
        statement = select(TEAM).where(TEAM.c.person_ref == person_ref).order_by(TEAM.c.since, TEAM.c.membership_id)
        return tuple(_member(row) for row in self._session.execute(statement))

    def memberships(self, person_ref: str, professional: str, now: datetime) -> tuple[Membership, ...]:
        """Return the memberships that a professional has now: one for each function."""
        return tuple(held for held in self.team(person_ref) if held.professional == professional and held.live(now))

    def cases_of(self, professional: str, now: datetime) -> dict[str, str]:
        """Return the people on whose team a professional is now, each with the role in which."""
        live = (TEAM.c.since <= now) & (TEAM.c.until.is_(None) | (TEAM.c.until > now))
        found = select(TEAM.c.person_ref, TEAM.c.role).where(TEAM.c.professional == professional, live)
        return {row.person_ref: row.role for row in self._session.execute(found.order_by(TEAM.c.since))}

    # ---- opening

    def open(self, person_ref: str, opening: Opening) -> None:
        """Record an opening."""
        row = {"opening_id": uuid.uuid4().hex, "person_ref": person_ref, **asdict(opening)}
        self._session.execute(insert(OPENINGS).values(row))

    def openings(self, person_ref: str) -> tuple[Opening, ...]:
        """Return the openings of a case, the earliest first."""
        statement = select(OPENINGS).where(OPENINGS.c.person_ref == person_ref).order_by(OPENINGS.c.opened_at)
        return tuple(
            Opening(row.professional, row.reason, row.opened_at, row.until) for row in self._session.execute(statement)
        )

    # ---- actions

    def add_action(self, person_ref: str, action: CaseAction) -> None:
        """Record an action."""
        self._session.execute(insert(ACTIONS).values({"person_ref": person_ref, **asdict(action)}))

    def actions(self, person_ref: str) -> tuple[CaseAction, ...]:
        """Return the actions of a case, the earliest first."""
        rows = self._session.connection().execute(_ACTIONS_OF, {"person": person_ref})
        return tuple(_action(row) for row in rows)

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

    def change_action(self, changed: CaseAction) -> None:
        """Replace the action with the same id."""
        values = asdict(changed)
        self._session.execute(update(ACTIONS).where(ACTIONS.c.action_id == values.pop("action_id")).values(values))

    # ---- erasure

    def forget_person(self, person_ref: str) -> None:
        """Delete everything stored of a person's case: part of erasing the person."""
        for table in (TEAM, OPENINGS, ACTIONS):
            self._session.execute(delete(table).where(table.c.person_ref == person_ref))


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
