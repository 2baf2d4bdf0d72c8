"""The decisions in force on campaigns, for the guard: a withdrawn approval is no approval.

The first signed decision is never replaced; the withdrawal is stored beside it and holds from its commit on.
"""

from dataclasses import replace
from typing import Final, cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from federated.campaign.decided_campaigns import CampaignRecord
from federated.campaign.decision import Verdict
from federated.storage.sql_campaigns import SqlCampaignStore
from node.training.tables import WithdrawalRow
from service.sql_driver import DriverStatement, connection_of

_WITHDRAWALS: Final = cast("Table", WithdrawalRow.__table__)
_WITHDRAWN: Final = DriverStatement(
    select(_WITHDRAWALS.c.campaign_id).where(_WITHDRAWALS.c.campaign_id == bindparam("of_campaign")),
    ["of_campaign"],
    [_WITHDRAWALS.c.campaign_id],
)


class EffectiveDecisions:
    """A `federated.campaign.decided_campaigns.CampaignStore` over the caller's session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._stored = SqlCampaignStore(session)

    def get(self, campaign_id: str) -> CampaignRecord | None:
        """Return a campaign, or None."""
        record = self._stored.get(campaign_id)
        return self._effective(record) if record is not None else None

    def put(self, record: CampaignRecord) -> None:
        """Store a new decision; a decision is never replaced."""
        self._stored.put(record)

    def all(self) -> tuple[CampaignRecord, ...]:
        """Return every decided campaign, oldest first."""
        return tuple(self._effective(record) for record in self._stored.all())

    def _effective(self, record: CampaignRecord) -> CampaignRecord:
        withdrawn = _WITHDRAWN.one(connection_of(self._session), record.campaign_id) is not None
        return replace(record, verdict=Verdict.WITHDRAWN) if withdrawn else record
