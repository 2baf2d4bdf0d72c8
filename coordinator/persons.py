"""The records of who may approve acts of the Gerencia, working inside a session."""

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from coordinator.errors import ApprovalsMissing
from coordinator.tables import ActRow, InvitationRow, PersonsRow
from presentation.messages import _
from trust.two_persons import NEEDED, ApprovedAct, needed_now


def persons_records(session: Session) -> tuple[ApprovedAct, ...]:
    """Return every record, in order, as the directory lists them."""
    rows = session.scalars(select(PersonsRow).order_by(PersonsRow.number))
    return tuple(ApprovedAct.model_validate(json.loads(row.approved)) for row in rows)


def asks_for_two(session: Session) -> bool:
    """Return whether admissions, recoveries and reinstatements wait for two persons."""
    return needed_now(persons_records(session)) >= NEEDED


def approved_act(row: ActRow) -> ApprovedAct:
    """Return a stored act with its approvals."""
    return ApprovedAct.model_validate(json.loads(row.approved))


def approved_invitation(session: Session, row: InvitationRow) -> ApprovedAct | None:
    """Return the approved act of an invitation; None where nobody is asked for.

    Raises:
        ApprovalsMissing: two persons have not approved it, or not under the record in force.
    """
    if not asks_for_two(session):
        return None
    act = session.get(ActRow, row.act) if row.act else None
    approved = approved_act(act) if act is not None and act.done_at is not None else None
    if approved is None or approved.act.record != len(persons_records(session)):
        raise ApprovalsMissing(
            _("dos personas de la Gerencia tienen que aprobar esta invitación"),
            remedy=_("espere a que la aprueben y repita la orden"),
        )
    return approved
