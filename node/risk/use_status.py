"""How the risk model is used at this entity: on or off, until when, and how often professionals set it aside."""

from dataclasses import dataclass
from datetime import datetime

from federated.campaign.manifest import DataSource
from federated.evaluation.drift import Drift
from node.clients.training import TrainingClient
from node.context import NodeContext
from node.risk.drift_check import drift_here
from node.risk.kill_switch import SwitchState, switch_state
from node.risk.professional_decisions import OverrideRate, override_rate
from node.risk.tables import LastLookRow
from node.training.errors import ReleaseMissing, ReleaseRecalled
from node.training.received_releases import VerifiedRelease, newest_release


@dataclass(frozen=True, slots=True)
class RiskStatus:
    """The state of use.

    Attributes:
        release: the newest one, None before the first and when it was recalled.
        recalled: whether the Gerencia took the newest one back.
        looked: when somebody last looked for alerts.
        drift: how far today's scores are from those the model was measured on; None when that cannot be told.
    """

    switch: SwitchState
    release: VerifiedRelease | None
    expires: datetime | None
    expired: bool
    rate: OverrideRate
    looked: datetime | None
    drift: Drift | None
    recalled: bool = False


def risk_status(context: NodeContext, client: TrainingClient) -> RiskStatus:
    """Return the state of use; it can be asked also while the model is off or expired.

    Raises:
        ReleaseInvalid, SignatureInvalid: the newest release is not acceptable.
    """
    recalled = False
    try:
        release = newest_release(context, client, source=DataSource.RECORDS)
    except ReleaseMissing:
        release = None
    except ReleaseRecalled:
        release, recalled = None, True
    with context.snapshot() as session:
        state = switch_state(session)
        rate = override_rate(session, release.release.campaign_id) if release is not None else OverrideRate(0, 0)
        look = session.get(LastLookRow, 1)
    expires = release.release.expires if release is not None else None
    expired = expires is not None and context.clock.now() >= expires
    looked = look.looked_at if look is not None else None
    drift = drift_here(context, release) if release is not None and state.is_on else None
    return RiskStatus(state, release, expires, expired, rate, looked, drift, recalled)
