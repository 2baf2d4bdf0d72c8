"""Acts of the Gerencia that wait for two persons: proposed, approved by each with an own key, and carried out.

An act is approved under the record of persons that was in force when it was proposed. When that record changes, as
when somebody is struck off, the acts that wait are void and are proposed again. The caller opens and commits the
transaction.
"""

import json
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from coordinator.errors import ActUnknown, ApprovalInvalid, InvitationUnknown
from coordinator.persons import approved_act, asks_for_two, persons_records
from coordinator.registry import Registry
from coordinator.tables import ActRow, PersonsRow
from presentation.messages import _
from trust.enrolment import Invitation, hash_secret
from trust.two_persons import (
    Act,
    ActKind,
    Approval,
    ApprovedAct,
    Person,
    approvers,
    current,
    encode_act,
)

LIFE: Final = timedelta(days=14)
"""Time during which an act can be approved."""


class ActRegister:
    """The acts of one network, working inside a session."""

    def __init__(self, session: Session, registry: Registry) -> None:
        self._session = session
        self._registry = registry

    def persons(self) -> tuple[Person, ...]:
        """Return the persons who may approve now."""
        record = current(persons_records(self._session))
        return record.persons if record is not None else ()

    def needed(self) -> int:
        """Return how many of them a change of the persons needs; 0 before the first is named."""
        record = current(persons_records(self._session))
        return record.needed if record is not None else 0

    def propose(self, kind: ActKind, now: datetime, **stated: object) -> ApprovedAct:
        """Propose an act; the first record of persons is carried out at once."""
        self._registry.publication.lock()
        values = {"network": self._registry.settings.network, "kind": kind, "time": now, **stated}
        act = Act.model_validate({"record": len(persons_records(self._session)), **values})
        approved = ApprovedAct(payload=encode_act(act))
        row = ActRow(id=approved.id, approved=_json(approved), created_at=now, expires_at=now + LIFE)
        self._session.add(row)
        self._session.flush()
        if kind is ActKind.PERSONS and not act.record:
            self._carry_out(row, approved, act, now)
        return approved

    def propose_for(self, invitation: Invitation, now: datetime) -> ApprovedAct | None:
        """Let an invitation wait for two persons, where they are asked for; return the act.

        Raises:
            InvitationUnknown: it was not made here.
        """
        if not asks_for_two(self._session):
            return None
        row = self._registry.lock_invitation(hash_secret(invitation.secret))
        if row is None:
            raise InvitationUnknown(_("no existe esa invitación"), remedy=_("pida una nueva"))
        described = {} if row.recovers else {"name": row.name, "entity_kind": row.kind}
        kind = ActKind.RECOVER if row.recovers else ActKind.ADMIT
        number = self._next_number(row.entity, kind)
        secret = row.secret_sha256
        approved = self.propose(kind, now, entity=row.entity, number=number, secret_sha256=secret, **described)
        row.act = approved.id
        return approved

    def reinstate(self, entity: str, now: datetime) -> ApprovedAct | None:
        """Let a suspended entity exchange again; return the act that has to be approved first, if one has to.

        Raises:
            EntityUnknown: no such entity.
        """
        if not asks_for_two(self._session):
            self._registry.reinstate(entity, now=now)
            return None
        number = self._next_number(self._registry.party(entity).id, ActKind.REINSTATE)
        return self.propose(ActKind.REINSTATE, now, entity=entity, number=number)

    def _next_number(self, entity: str, kind: ActKind) -> int:
        party = self._registry.find(entity)
        last = {ActKind.ADMIT: "admission", ActKind.REINSTATE: "reinstatement"}.get(kind, "")
        before = getattr(party, last, None) if party is not None and last else None
        return before.act.number + 1 if before is not None else 1

    def waiting(self, now: datetime) -> tuple[ApprovedAct, ...]:
        """Return the acts that can still be approved."""
        query = select(ActRow).where(ActRow.done_at.is_(None), ActRow.expires_at > now).order_by(ActRow.created_at)
        number = len(persons_records(self._session))
        found = (approved_act(row) for row in self._session.scalars(query))
        return tuple(each for each in found if each.act.record == number)

    def approve(self, act_id: str, approval: Approval, now: datetime) -> tuple[ApprovedAct, bool]:
        """Add a person's approval, carry the act out when enough have given theirs, and return whether it was.

        Raises:
            ActUnknown: no such act waits: it was carried out, expired, or is of an earlier record of persons.
            ApprovalInvalid: the approval is not of a person of the record, or this person has approved already.
        """
        self._registry.publication.lock()
        row = self._session.get(ActRow, act_id)
        if row is None or act_id not in {each.id for each in self.waiting(now)}:
            raise ActUnknown(_("no hay ningún acto {act!r} pendiente", act=act_id[:16]), remedy=_LIST)
        before = approved_act(row)
        after = before.model_copy(update={"approvals": (*before.approvals, approval)})
        persons = self.persons()
        if len(approvers(after, persons)) == len(approvers(before, persons)):
            raise ApprovalInvalid(
                _("{person} no puede aprobar este acto, o ya lo ha aprobado", person=approval.person), remedy=_LIST
            )
        row.approved = _json(after)
        enough = len(approvers(after, persons)) >= self.needed()
        if enough:
            self._carry_out(row, after, after.act, now)
        return after, enough

    def _carry_out(self, row: ActRow, approved: ApprovedAct, act: Act, now: datetime) -> None:
        row.done_at = now
        self._session.flush()
        if act.kind is ActKind.PERSONS:
            self._session.add(PersonsRow(number=act.record + 1, approved=_json(approved)))
            self._registry.publish(now)
        elif act.kind is ActKind.REINSTATE:
            self._registry.reinstate(act.entity, now=now, approved=approved)


_LIST: Final = _("consulte: redpact-coordinator approve --list")


def _json(approved: ApprovedAct) -> str:
    return json.dumps(approved.model_dump(mode="json"))
