"""The node's decisions on campaigns in SQL."""

from functools import lru_cache
from typing import Any, Final, cast

from sqlalchemy import Table, bindparam, insert, select
from sqlalchemy.orm import Session

from federated.campaign.decided_campaigns import CampaignRecord
from federated.campaign.decision import Verdict
from federated.storage.tables import CampaignRow
from service.sql_driver import DriverStatement, connection_of
from trust.signing import Envelope

_CAMPAIGNS: Final = cast("Table", CampaignRow.__table__)
_COLUMNS: Final = tuple(_CAMPAIGNS.c)
_READ: Final = DriverStatement(
    select(*_COLUMNS).where(_CAMPAIGNS.c.campaign_id == bindparam("at_id")), ["at_id"], _COLUMNS
)
_READ_ALL: Final = DriverStatement(
    select(*_COLUMNS).order_by(_CAMPAIGNS.c.decided_at, _CAMPAIGNS.c.campaign_id), [], _COLUMNS
)
_INSERT: Final = DriverStatement(insert(_CAMPAIGNS), [column.name for column in _COLUMNS])


class SqlCampaignStore:
    """A `CampaignStore` over the caller's session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, campaign_id: str) -> CampaignRecord | None:
        """Return a campaign, or None."""
        row = _READ.one(connection_of(self._session), campaign_id)
        return _record(row) if row is not None else None

    def put(self, record: CampaignRecord) -> None:
        """Store a new decision; a decision is never replaced."""
        _INSERT.run(
            connection_of(self._session),
            record.campaign_id,
            record.manifest_sha256,
            record.manifest.to_json(),
            record.decision.to_json(),
            record.verdict.value,
            record.dataset,
            record.decided,
        )

    def all(self) -> tuple[CampaignRecord, ...]:
        """Return every decided campaign, oldest first."""
        return tuple(_record(row) for row in _READ_ALL.all(connection_of(self._session)))


def _record(row: tuple[Any, ...]) -> CampaignRecord:
    campaign_id, manifest_sha256, manifest, decision, verdict, dataset, decided_at = row
    manifest, decision = _envelope(manifest), _envelope(decision)
    return CampaignRecord(campaign_id, manifest_sha256, manifest, decision, Verdict(verdict), dataset, decided_at)


@lru_cache(maxsize=64)  # every step of a campaign reads the same two
def _envelope(stored: bytes) -> Envelope:
    return Envelope.from_json(stored)
