"""The kill switch: the data-protection officer stops all use of the risk model at this entity, at once."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry, encode_time
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.risk.errors import RiskSwitchedOff, SwitchReasonInvalid
from node.risk.tables import SwitchRow
from presentation.messages import _
from trust import canonical

POLICY_CODE = "risk.use"
"""The name of the switch in the ledger."""
MAX_REASON = 500


@dataclass(frozen=True, slots=True)
class SwitchState:
    """The state of the switch, with its last change; the other fields are empty when it was never switched."""

    is_on: bool
    reason: str = ""
    changed_by: str = ""
    changed: datetime | None = None
    ledger_index: int | None = None

    @property
    def sha256(self) -> str:
        """SHA-256 of the state, in hex, as the ledger names it."""
        moment = encode_time(self.changed) if self.changed is not None else None
        document = {"on": self.is_on, "reason": self.reason, "changed_by": self.changed_by, "changed": moment}
        return hashlib.sha256(canonical.encode(document)).hexdigest()


def switch_state(session: Session) -> SwitchState:
    """Return the present state."""
    row = session.scalars(select(SwitchRow).order_by(SwitchRow.number.desc()).limit(1)).one_or_none()
    if row is None:
        return SwitchState(is_on=True)
    return SwitchState(row.is_on, row.reason, row.changed_by, row.changed_at, row.ledger_index)


def require_on(session: Session) -> None:
    """Check that the model is switched on.

    Raises:
        RiskSwitchedOff: it is off.
    """
    state = switch_state(session)
    if not state.is_on:
        raise RiskSwitchedOff(
            _("el uso del modelo está desactivado: {reason}", reason=state.reason),
            remedy=_("pregunte a la persona delegada de protección de datos: redpact-node risk status"),
        )


def switch(context: NodeContext, *, on: bool, changed_by: str, reason: str = "") -> SwitchState:
    """Switch the use of the model off or on; durable and in the ledger when this returns. A repetition changes nothing.

    Raises:
        SwitchReasonInvalid: off without a reason, or a reason over 500 characters.
    """
    if len(reason) > MAX_REASON or not (on or reason.strip()):
        raise SwitchReasonInvalid(
            _("indique el motivo en {max_reason} caracteres como máximo y sin datos personales", max_reason=MAX_REASON),
            remedy=_("use --reason"),
        )
    with context.transaction() as session:
        ledger = own_ledger(context, session)
        ledger.lock()
        before = switch_state(session)
        if before.is_on is on:
            return before
        now = context.clock.now()
        after = SwitchState(on, reason, changed_by, now)
        body = PolicyChangedBody(policy=POLICY_CODE, old_sha256=before.sha256, new_sha256=after.sha256)
        (entry,) = ledger.append([NewEntry(EntryType.POLICY_CHANGED, body)], now)
        row = {"is_on": on, "reason": reason, "changed_by": changed_by, "changed_at": now}
        session.add(SwitchRow(**row, ledger_index=entry.index))
    return SwitchState(on, reason, changed_by, now, entry.index)
