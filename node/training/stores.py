"""The stores of training at a node, inside the caller's unit of work: budgets, guard of contributions, enrolments."""

from sqlalchemy.orm import Session

from federated.budget.epsilon_ledger import EpsilonLedger
from federated.participation.enrolment import Enrolments, EntityIdentity
from federated.participation.guard import GuardSettings, NodeGuard
from federated.storage.sql_budget import SqlBudgetStore
from federated.storage.sql_enrolments import SqlEnrolmentStore
from node.context import NodeContext
from node.training.anchors_in_sums import required_anchors
from node.training.effective_decisions import EffectiveDecisions
from node.training.secret_sealing import TrainingSecretSealer


def epsilon_ledger(session: Session) -> EpsilonLedger:
    """Return the privacy budgets of this node's data sets, working inside `session`."""
    return EpsilonLedger(SqlBudgetStore(session))


def training_guard(context: NodeContext, session: Session) -> NodeGuard:
    """Return the guard that decides before anything leaves for training, working inside `session`."""
    settings = context.settings
    pinned = GuardSettings(
        network=settings.network,
        entity=settings.entity,
        entity_key=context.keys.signing.public_key,
        coordinator_key=bytes.fromhex(settings.coordinator_key),
        least_cohort=settings.least_cohort,
    )
    return NodeGuard(pinned, EffectiveDecisions(session), epsilon_ledger(session))


def own_enrolments(context: NodeContext, session: Session) -> Enrolments:
    """Return this entity's places in the cohorts of campaigns, working inside `session`."""

    def key_of(entity: str) -> bytes:
        return bytes.fromhex(context.directory.current(context.clock.now()).active_party(entity).signing_key)

    required = required_anchors(context, session)
    identity = EntityIdentity(context.settings.entity, context.keys.signing, key_of, required)
    return Enrolments(SqlEnrolmentStore(session), identity, TrainingSecretSealer(context.keys.data_key))
