"""The check that what a newer directory adds was approved by two persons of the Gerencia, where they are asked for.

Checked by each record in force since the directory that is known: whoever was away does not know which one was in
force at that moment. An approval serves once: it is of one invitation, or of a higher number than the entity's last.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from presentation.messages import _
from trust.directory import Directory
from trust.errors import ApprovalRefused
from trust.parties import EntityStatus, Party
from trust.recovery import Recovery
from trust.two_persons import Act, ActKind, ApprovedAct, needed_now, require_approved, require_records


def require_approvals(new: Directory, known: Directory) -> None:
    """Refuse a directory that adds what two persons had to approve and did not.

    Raises:
        ApprovalRefused, MalformedDocument: it does; the message names the entity.
    """
    require_records(new.persons, known.persons, network=new.network)
    if needed_now(known.persons) < 2:  # noqa: PLR2004 - two persons
        return
    for party in new.entities:
        before = known.party(party.id) if party.id in known else None
        check = _Check(new, known, party)
        if before is None or (before.kind, before.name) != (party.kind, party.name):
            described = (party.id, party.name, party.kind.value)
            check.require(party.admission, ActKind.ADMIT, described, last=before.admission if before else None)
        if before is not None and (before.status, party.status) == (EntityStatus.SUSPENDED, EntityStatus.ACTIVE):
            check.require(party.reinstatement, ActKind.REINSTATE, (party.id, "", ""), last=before.reinstatement)
        for recovery in _new_recoveries(party, before):
            act = check.require(recovery.approved, ActKind.RECOVER, (party.id, "", ""))
            if act.secret_sha256 != recovery.statement.secret_sha256:
                raise check.other()


def _new_recoveries(party: Party, before: Party | None) -> Sequence[Recovery]:
    told = before.recovery.id if before and before.recovery else ""
    pending = [party.recovery] if party.recovery else []
    listed = (*party.recoveries[len(before.recoveries) if before else 0 :], *pending)
    return [each for each in listed if each.id != told and each.veto is None]


@dataclass(frozen=True, slots=True)
class _Check:
    """The check of the acts on one entity, between two directories."""

    new: Directory
    known: Directory
    party: Party

    def require(
        self,
        approved: ApprovedAct | None,
        kind: ActKind,
        stated: tuple[str, str, str],
        *,
        last: ApprovedAct | None = None,
    ) -> Act:
        """Return an act that two persons approved, that states this, and that is later than the last one known."""
        if approved is None:
            raise ApprovalRefused(
                _("nadie aprobó en la Gerencia lo que el directorio cambia de {entity}", entity=self.party.id)
            )
        act = require_approved(approved, (kind,), self.new.persons, network=self.new.network)
        number = last.act.number if last is not None else 0
        same = (act.entity, act.name, act.entity_kind) == stated
        if not same or act.record < len(self.known.persons) or act.number <= number:
            raise self.other()
        return act

    def other(self) -> ApprovalRefused:
        """Return the refusal of an approval that was given for something else."""
        return ApprovalRefused(_("la aprobación de {entity} es de otro acto, o de otro momento", entity=self.party.id))
