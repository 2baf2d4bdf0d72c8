"""The state of the risk model's use at this entity: on or off, its expiry, and the rate of overrides."""

from dataclasses import dataclass
from datetime import datetime

from federated.campaign.manifest import DataSource
from federated.evaluation.drift import Drift
from node.clients.training import TrainingClient
from node.context import NodeContext
from node.risk.drift_check import local_drift
from node.risk.kill_switch import SwitchState, switch_state
from node.risk.professional_decisions import OverrideRate, override_rate
from node.risk.tables import LastCheckRow
from node.training.errors import ReleaseMissing, ReleaseRecalled
from node.training.received_releases import VerifiedRelease, newest_release


@dataclass(frozen=True, slots=True)
class RiskStatus:
    """The state of use.

    Attributes:
        release: the newest one, None before the first and when it was recalled.
        recalled: whether the Gerencia recalled the newest one.
        last_check: the time of the last check for alerts.
        drift: of today's scores from those that the model was evaluated on; None without people or baseline.
    """

    switch: SwitchState
    release: VerifiedRelease | None
    expires: datetime | None
    expired: bool
    rate: OverrideRate
    last_check: datetime | None
    drift: Drift | None
    recalled: bool = False


def risk_status(context: NodeContext, client: TrainingClient) -> RiskStatus:
    """Return the state of use, also while the model is off or expired.

    Raises:
        ReleaseInvalid, SignatureInvalid: the newest release does not verify.
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
        check = session.get(LastCheckRow, 1)
    expires = release.release.expires if release is not None else None
    expired = expires is not None and context.clock.now() >= expires
    last_check = check.looked_at if check is not None else None
    drift = local_drift(context, release) if release is not None and state.is_on else None
    return RiskStatus(state, release, expires, expired, rate, last_check, drift, recalled)
