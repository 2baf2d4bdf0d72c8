"""Queries for pending training work of the running service. They read tables only and load no torch."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from federated.storage.tables import CampaignRow, ReservationRow
from node.context import NodeContext
from node.training.tables import DeliveryRow, PolicyRow, ReleaseRow, WithdrawalRow

IDLE_SECONDS: Final = 1.0
"""Interval at which the node's database is read for an approval, while no campaign is open."""


def has_releases(context: NodeContext) -> bool:
    """Return whether this node keeps a model that is not recalled."""
    query = select(ReleaseRow.campaign_id).where(ReleaseRow.recalled_at.is_(None))
    with context.snapshot() as session:
        return session.scalars(query.limit(1)).first() is not None


def has_policies(context: NodeContext) -> bool:
    """Return whether a decision policy is in force."""
    with context.snapshot() as session:
        return session.scalars(select(PolicyRow.name).limit(1)).first() is not None


def undelivered_decisions(context: NodeContext) -> tuple[str, ...]:
    """Return the campaigns whose decision or withdrawal the coordinator has neither acknowledged nor refused."""
    query = select(WithdrawalRow.campaign_id)
    withdrawn = query.where(WithdrawalRow.delivered_at.is_(None), WithdrawalRow.refused_code.is_(None))
    with context.snapshot() as session:
        return (*undelivered_first_decisions(session), *session.scalars(withdrawn))


def undelivered_first_decisions(session: Session) -> tuple[str, ...]:
    """Return the campaigns whose first decision the coordinator has neither acknowledged nor refused."""
    query = select(DeliveryRow.campaign_id)
    waiting = query.where(DeliveryRow.delivered_at.is_(None), DeliveryRow.refused_code.is_(None))
    return tuple(session.scalars(waiting))


def open_campaigns(context: NodeContext) -> tuple[str, ...]:
    """Return the campaigns approved here that may still ask for rounds."""
    with context.snapshot() as session:
        return open_campaigns_in(session)


def open_campaigns_in(session: Session) -> tuple[str, ...]:
    """Return the campaigns approved here whose reservation is open, oldest first. Only a hint: the guard decides."""
    query = (
        select(CampaignRow.campaign_id)
        .join(ReservationRow, ReservationRow.campaign_id == CampaignRow.campaign_id)
        .where(CampaignRow.verdict == "approved", ReservationRow.closed_at.is_(None))
        .order_by(CampaignRow.decided_at)
    )
    return tuple(session.scalars(query))
