"""The end of a campaign at this node after a refusal: closed for good, with a finding for the data-protection officer.

Refusals are the one thing that a lying coordinator could use to ask about people, a little at a time. So the first one
is the last: in one transaction the reservation is closed (what was spent stays spent), the campaign's secrets are
erased, and the refused step is kept with its reason.

A node that turns out to be an old copy, by what its witnesses know, ends all its campaigns so: it forgot which steps it
answered and what it spent, so that all that it ever reserved counts as spent.
"""

from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy.orm import Session

from federated.campaign.manifest import open_manifest
from federated.campaign.steps import StepRequest, step_name
from federated.participation.closures import MAX_REASON, NO_STEP, Closure
from federated.storage.sql_campaigns import SqlCampaignStore
from federated.storage.sql_steps import SqlClosureStore
from node.context import NodeContext
from node.training.pending_work import open_campaigns_in
from node.training.stores import epsilon_ledger, own_enrolments
from policies.errors import RedpactError

_log = structlog.get_logger(__name__)


def close_for_good(context: NodeContext, request: StepRequest, error: RedpactError) -> None:
    """Close the campaign of a refused step; nothing happens when it is not open here.

    A campaign whose time is up is closed without a finding: a late step is no sign of anything.
    """
    with context.transaction() as session:
        if request.campaign_id not in open_campaigns_in(session):
            return
        now, budget = context.clock.now(), epsilon_ledger(session)
        budget.close(request.campaign_id, now)
        own_enrolments(context, session).erase(request.campaign_id)
        if not _is_over(context, session, request.campaign_id):
            reason = str(error.message)[:MAX_REASON]
            closure = Closure(request.campaign_id, step_name(request), error.code, reason, now)
            SqlClosureStore(session).put(closure)
    _log.warning("campaign_closed", campaign=request.campaign_id, step=step_name(request), code=error.code)


def close_old_copy(context: NodeContext, error: RedpactError) -> None:
    """Close every campaign that is open here, and charge the budget with the most that can have been spent."""
    with context.transaction() as session:
        campaigns, now = open_campaigns_in(session), context.clock.now()
        epsilon_ledger(session).charge_all(now)
        for campaign_id in campaigns:
            own_enrolments(context, session).erase(campaign_id)
            reason = str(error.message)[:MAX_REASON]
            SqlClosureStore(session).put(Closure(campaign_id, NO_STEP, error.code, reason, now))
    _log.warning("campaigns_closed", campaigns=campaigns, code=error.code)


def closures(session: Session) -> Mapping[str, Closure]:
    """Return the campaigns that a refusal closed, by campaign."""
    return {each.campaign_id: each for each in SqlClosureStore(session).all()}


def closure_document(closure: Closure | None) -> dict[str, Any] | None:
    """Return a closure for ``--json``."""
    if closure is None:
        return None
    return {
        "step": closure.step,
        "code": closure.code,
        "reason": closure.reason,
        "closed_at": closure.closed_at.isoformat(),
    }


def _is_over(context: NodeContext, session: Session, campaign_id: str) -> bool:
    record = SqlCampaignStore(session).get(campaign_id)
    if record is None:
        return False
    key = bytes.fromhex(context.settings.coordinator_key)
    return context.clock.now() >= open_manifest(record.manifest, coordinator_key=key).ends
