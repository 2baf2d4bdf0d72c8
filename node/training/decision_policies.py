"""Decision policies at the node: set and removed by the data-protection officer, applied by the running service.

The ledger holds the hash of all the policies in force after each change, so that an audit can tell which ones decided.
"""

import hashlib
from dataclasses import dataclass

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from federated.campaign.decision import Verdict
from federated.campaign.decision_policy import (
    DecisionPolicy,
    PolicyDecision,
    decide,
    policy_bytes,
    policy_facts,
    read_policy,
)
from federated.campaign.manifest import CampaignManifest, open_manifest
from federated.errors import FederatedError
from node.clients.training import TrainingClient
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.training.campaign_decisions import Decided, approve, refuse
from node.training.effective_decisions import EffectiveDecisions
from node.training.errors import PolicyUnknown, TrainingError
from node.training.stores import epsilon_ledger
from node.training.tables import PolicyRow
from presentation.messages import _
from service.errors import ExtraMissing

POLICY_CODE = "training.standing"
"""The name of the decision policies in the ledger."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """The effect of setting or removing a policy.

    Attributes:
        ledger_index: its ledger entry; None when nothing changed.
        sha256: of all the policies now in force.
    """

    policy: DecisionPolicy
    ledger_index: int | None
    sha256: str


def policies_in_force(session: Session) -> tuple[DecisionPolicy, ...]:
    """Return the decision policies in force, by name.

    Raises:
        StandingPolicyInvalid, MalformedDocument: a stored policy is damaged.
    """
    rows = session.scalars(select(PolicyRow).order_by(PolicyRow.name))
    return tuple(read_policy(row.document) for row in rows)


def list_policies(context: NodeContext) -> tuple[DecisionPolicy, ...]:
    """Return the decision policies in force, in a read of its own."""
    with context.snapshot() as session:
        return policies_in_force(session)


def set_policy(context: NodeContext, policy: DecisionPolicy) -> PolicyChange:
    """Put a policy in force, replacing the one of its name; durable and in the ledger when this returns."""
    with context.transaction() as session:
        own_ledger(context, session).lock()
        before = policies_in_force(session)
        session.merge(PolicyRow(name=policy.name, document=policy_bytes([policy]), set_at=context.clock.now()))
        session.flush()
        return _changed(context, session, policy, before)


def remove_policy(context: NodeContext, name: str) -> PolicyChange:
    """Remove a policy. Its decisions stay valid.

    Raises:
        PolicyUnknown: there is none of that name.
    """
    with context.transaction() as session:
        own_ledger(context, session).lock()
        before = policies_in_force(session)
        found = [policy for policy in before if policy.name == name]
        if not found:
            raise PolicyUnknown(
                _("no existe la política de decisión {name!r}", name=name),
                remedy=_("consulte: redpact-node training policy list"),
            )
        session.delete(session.get_one(PolicyRow, name))
        session.flush()
        return _changed(context, session, found[0], before)


def decide_listed(context: NodeContext, client: TrainingClient, left_to_people: set[str]) -> tuple[Decided, ...]:
    """Decide every listed campaign that is undecided here and that a policy covers; return the decisions.

    A campaign that a policy approves but the guard, the budget or the data refuse is left to a person.

    Args:
        context: this entity's.
        client: of the coordinator's Training service.
        left_to_people: campaigns left to a person; new ones are added, so that their data are not read again and again.

    Raises:
        PeerUnreachable, PeerRefused: the coordinator does not list its campaigns.
    """
    key, decided = bytes.fromhex(context.settings.coordinator_key), []
    for listed in client.campaigns():
        manifest = open_manifest(listed.manifest, coordinator_key=key)
        if context.clock.now() >= manifest.deadline or manifest.campaign_id in left_to_people:
            continue
        with context.snapshot() as session:
            if EffectiveDecisions(session).get(manifest.campaign_id) is not None:
                continue
            verdict = _verdict(context, session, manifest)
        if verdict is None:
            continue
        try:
            decided.append(_apply(context, client, manifest, verdict))
        except (FederatedError, TrainingError, ExtraMissing) as error:
            _log.warning("policy_not_applied", campaign=manifest.campaign_id, policy=verdict.policy, code=error.code)
            left_to_people.add(manifest.campaign_id)
    return tuple(decided)


def _verdict(context: NodeContext, session: Session, manifest: CampaignManifest) -> PolicyDecision | None:
    statement = epsilon_ledger(session).find_statement()
    # Without one, the limit that an approval would set.
    left = statement.left if statement is not None else context.settings.epsilon_limit
    return decide(policies_in_force(session), policy_facts(manifest, left), context.clock.now())


def _apply(
    context: NodeContext, client: TrainingClient, manifest: CampaignManifest, decision: PolicyDecision
) -> Decided:
    reason, by, campaign_id = _reason(decision), f"policy:{decision.policy}", manifest.campaign_id
    if decision.verdict is Verdict.APPROVED:
        limit = min(decision.epsilon_alone, context.settings.epsilon_alone_limit)
        done = approve(context, client, campaign_id, reason=reason, decided_by=by, alone_limit=limit)
    else:
        done = refuse(context, client, campaign_id, reason=reason, decided_by=by)
    _log.info("campaign_decided", campaign=manifest.campaign_id, verdict=done.verdict.value, policy=decision.policy)
    return done


def _reason(decision: PolicyDecision) -> str:
    limits = ", ".join(limit.value for limit in decision.outside)
    return f"policy {decision.policy}" + (f": outside {limits}" if limits else "")


def _changed(
    context: NodeContext, session: Session, policy: DecisionPolicy, before: tuple[DecisionPolicy, ...]
) -> PolicyChange:
    old, new = _sha256(before), _sha256(policies_in_force(session))
    if old == new:
        return PolicyChange(policy, None, new)
    body = PolicyChangedBody(policy=POLICY_CODE, old_sha256=old, new_sha256=new)
    (entry,) = own_ledger(context, session).append([NewEntry(EntryType.POLICY_CHANGED, body)], context.clock.now())
    return PolicyChange(policy, entry.index, new)


def _sha256(policies: tuple[DecisionPolicy, ...]) -> str:
    return hashlib.sha256(policy_bytes(policies)).hexdigest()
