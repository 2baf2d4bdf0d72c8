"""From a campaign whose rounds are over to its release: drafted, looked at and corrected where asked for, signed."""

from collections.abc import Callable
from datetime import datetime

from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import require_review
from coordinator.training.entity_requests import Workspace
from coordinator.training.errors import CampaignOutOfStep
from federated.errors import EditInvalid
from federated.learning.model_documents import AdditiveModel, edits_of
from federated.release.model_release import ModelRelease, seal_release
from presentation.messages import _
from trust.signing import Signer

Correct = Callable[[AdditiveModel], AdditiveModel]
"""Makes one correction, see `federated.learning.manual_edits`."""


def drafted(work: Workspace, campaign: Campaign, now: datetime) -> ModelRelease:
    """Return what would be released now, with the corrections made so far.

    Raises:
        CampaignOutOfStep: the rounds are not over.
    """
    # numpy takes a moment to load: not before a campaign needs it.
    from federated.release.composition import compose_release, measure  # noqa: PLC0415 - see above

    progress, records = campaign.checkpoint, work.campaigns.transcript(campaign.campaign_id)
    if progress is None or not records or progress.completed < campaign.manifest.rounds:
        raise CampaignOutOfStep(
            _("las rondas de la campaña {campaign_id} no han terminado", campaign_id=campaign.campaign_id)
        )
    measured = measure(campaign.manifest, progress, len(records[-1].contributors))
    return compose_release(campaign.manifest, campaign.manifest_sha256, progress, measured, now, edits=campaign.edits)


def publish(work: Workspace, campaign: Campaign, signer: Signer, now: datetime) -> Campaign:
    """Sign and store the release; the tasks that are still open are over.

    Raises:
        CampaignOutOfStep: the rounds are not over, or the campaign is.
    """
    envelope = seal_release(drafted(work, campaign, now), signer)
    work.grid.cancel(campaign.campaign_id, now)
    return work.campaigns.release(campaign.campaign_id, envelope, now)


def correct(work: Workspace, campaign_id: str, correction: Correct, now: datetime) -> Campaign:
    """Make one correction by hand to a model in review; it is kept beside the others.

    Raises:
        CampaignUnknown, CampaignOutOfStep: there is no such campaign, or it is not in review.
        EditInvalid: the correction does not fit, or the model is none that can be corrected.
    """
    campaign = work.campaigns.get(campaign_id)
    require_review(campaign.state)
    model = drafted(work, campaign, now).model
    if not isinstance(model, AdditiveModel):
        raise EditInvalid(
            _("solo un modelo aditivo se puede corregir a mano"), remedy=_("entrene uno con: --model additive")
        )
    return work.campaigns.amend(campaign_id, edits_of(correction(model)))
