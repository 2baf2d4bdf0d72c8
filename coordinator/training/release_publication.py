"""The release of a campaign whose rounds are over: drafted, corrected by hand where asked for, signed."""

from collections.abc import Callable
from datetime import datetime

from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import require_review
from coordinator.training.errors import CampaignOutOfStep
from coordinator.training.stores import TrainingStores
from federated.errors import EditInvalid
from federated.learning.model_documents import AdditiveModel, edits_of
from federated.release.model_release import ModelRelease, seal_release
from presentation.messages import _
from trust.signing import Signer

Correct = Callable[[AdditiveModel], AdditiveModel]
"""Applies one correction, see `federated.learning.manual_edits`."""


def draft_release(stores: TrainingStores, campaign: Campaign, now: datetime) -> ModelRelease:
    """Return the release that would be signed now, with the corrections so far.

    Raises:
        CampaignOutOfStep: the rounds are not over.
    """
    # numpy takes a moment to load: not before a campaign needs it.
    from federated.release.composition import compose_release, measure  # noqa: PLC0415 - see above

    progress, records = campaign.checkpoint, stores.campaigns.transcript(campaign.campaign_id)
    if progress is None or not records or progress.completed < campaign.manifest.rounds:
        raise CampaignOutOfStep(
            _("las rondas de la campaña {campaign_id} no han terminado", campaign_id=campaign.campaign_id)
        )
    measured = measure(campaign.manifest, progress, len(records[-1].contributors))
    return compose_release(campaign.manifest, campaign.manifest_sha256, progress, measured, now, edits=campaign.edits)


def publish(stores: TrainingStores, campaign: Campaign, signer: Signer, now: datetime) -> Campaign:
    """Sign and store the release, and cancel the tasks that are still open.

    Raises:
        CampaignOutOfStep: the rounds are not over, or the campaign has ended.
    """
    envelope = seal_release(draft_release(stores, campaign, now), signer)
    stores.tasks.cancel(campaign.campaign_id, now)
    return stores.campaigns.release(campaign.campaign_id, envelope, now)


def correct(stores: TrainingStores, campaign_id: str, correction: Correct, now: datetime) -> Campaign:
    """Add one manual correction to those of a model in review.

    Raises:
        CampaignUnknown, CampaignOutOfStep: there is no such campaign, or it is not in review.
        EditInvalid: the correction does not fit, or the model is not additive.
    """
    campaign = stores.campaigns.get(campaign_id)
    require_review(campaign.state)
    model = draft_release(stores, campaign, now).model
    if not isinstance(model, AdditiveModel):
        raise EditInvalid(
            _("solo un modelo aditivo se puede corregir a mano"), remedy=_("entrene uno con: --model additive")
        )
    return stores.campaigns.amend(campaign_id, edits_of(correction(model)))
