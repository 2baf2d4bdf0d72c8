"""Reads of campaigns and of their verified releases."""

from coordinator.context import CoordinatorContext
from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import STATE_NAMES
from coordinator.training.errors import CampaignOutOfStep
from coordinator.training.stores import OpenStores
from federated.coordination.transcript import RoundRecord
from federated.release.model_release import ModelRelease, open_release
from presentation.messages import _


def list_campaigns(context: CoordinatorContext, open_stores: OpenStores) -> tuple[Campaign, ...]:
    """Return every campaign, newest first."""
    with context.snapshot() as session:
        return open_stores(session).campaigns.all()


def get_campaign(context: CoordinatorContext, open_stores: OpenStores, campaign_id: str) -> Campaign:
    """Return a campaign.

    Raises:
        CampaignUnknown: there is none with this id.
    """
    with context.snapshot() as session:
        return open_stores(session).campaigns.get(campaign_id)


def get_transcript(context: CoordinatorContext, open_stores: OpenStores, campaign_id: str) -> tuple[RoundRecord, ...]:
    """Return the records of a campaign's completed rounds, in order."""
    with context.snapshot() as session:
        return open_stores(session).campaigns.transcript(campaign_id)


def verified_release(context: CoordinatorContext, campaign: Campaign) -> ModelRelease:
    """Return the verified release of a campaign.

    Raises:
        CampaignOutOfStep: it has no release.
    """
    if campaign.release is None:
        raise CampaignOutOfStep(
            _(
                "la campaña {campaign_id} está en el estado «{state}»",
                campaign_id=campaign.campaign_id,
                state=STATE_NAMES[campaign.state],
            ),
            remedy=_("siga la campaña con: training status --watch"),
        )
    key = context.keys.signing.public_key
    release, _manifest = open_release(campaign.release, manifest=campaign.envelope, coordinator_key=key)
    return release
