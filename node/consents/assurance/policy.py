"""The entity's assurance policy: set by its data-protection officer, in the ledger, and read at every release."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from consent_ledger.log.bodies import PolicyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.context import NodeContext
from node.ledger.own import own_ledger, own_policy
from policies.assurance import POLICY_CODE, AssurancePolicy


@dataclass(frozen=True, slots=True)
class PolicyInForce:
    """The policy in force.

    Attributes:
        policy: the assurances accepted and the limits of origins.
        entry_index: the ledger entry that put it in force; None while it is the network's default, not yet used.
    """

    policy: AssurancePolicy
    entry_index: int | None


def policy_in_force(context: NodeContext) -> PolicyInForce:
    """Return the policy in force, in a read of its own."""
    with context.snapshot() as session:
        store = own_policy(context, session)
        return PolicyInForce(store.read(), store.entry_index())


def set_policy(context: NodeContext, policy: AssurancePolicy) -> PolicyInForce:
    """Put a policy in force; durable and in the ledger when this returns. A repetition changes nothing."""
    with context.transaction() as session:
        own_ledger(context, session).lock()
        store = own_policy(context, session)
        if store.entry_index() is None or store.read() != policy:
            _write(context, session, policy)
        return PolicyInForce(policy, store.entry_index())


def record_policy(context: NodeContext, session: Session) -> None:
    """Write the default policy to the ledger before the first consent that it governs, so that an audit finds it."""
    store = own_policy(context, session)
    if store.entry_index() is None:
        _write(context, session, store.read())


def _write(context: NodeContext, session: Session, policy: AssurancePolicy) -> None:
    store = own_policy(context, session)
    body = PolicyChangedBody(
        policy=POLICY_CODE,
        old_sha256=None if store.entry_index() is None else store.read().sha256,
        new_sha256=policy.sha256,
        document=policy.document,
    )
    (entry,) = own_ledger(context, session).append([NewEntry(EntryType.POLICY_CHANGED, body)], context.clock.now())
    store.write(policy, entry.index)
