"""Export of a released model as a bundle that the coordinator's key alone verifies (``redpact-audit model``)."""

from pathlib import Path

from coordinator.context import CoordinatorContext
from coordinator.training.campaign_queries import get_campaign, get_transcript, verified_release
from coordinator.training.model_card_input import model_card_input
from coordinator.training.stores import OpenStores
from federated.bundle.archive import write_bundle
from federated.bundle.campaign_reader import bundle_facts
from federated.bundle.contents import BundleContents
from federated.bundle.epsilon_proof import epsilon_proof
from federated.card.facts_from_release import card_facts
from federated.card.pages import pages_of
from federated.coordination.transcript import Transcript
from federated.release.model_release import ModelRelease


def export_release(
    context: CoordinatorContext,
    open_stores: OpenStores,
    campaign_id: str,
    folder: Path | None,
    contact: str = "",
) -> ModelRelease:
    """Return the verified release of a campaign; with a folder, write it there as a bundle.

    Args:
        context: of the coordinator.
        open_stores: opens the register of campaigns.
        campaign_id: of a released campaign.
        folder: new folder for the bundle; None writes nothing.
        contact: address for questions, in the model card; empty names the Gerencia.

    Raises:
        CampaignUnknown: there is none with this id.
        CampaignOutOfStep: it is not released.
        ExportUnusable: the folder is not empty, or cannot be written.
    """
    campaign = get_campaign(context, open_stores, campaign_id)
    release = verified_release(context, campaign)
    if folder is None:
        return release
    assert campaign.release is not None  # else there would be nothing verified
    records = get_transcript(context, open_stores, campaign_id)
    added = model_card_input(campaign.manifest, contact)
    card = card_facts(campaign.manifest, campaign.manifest_sha256, release, added)
    facts = bundle_facts(campaign.manifest, campaign.manifest_sha256, release)
    contents = BundleContents(
        manifest=campaign.envelope,
        release=campaign.release,
        transcript=Transcript.of(campaign.manifest_sha256, records),
        epsilon=epsilon_proof(facts),
        metrics=facts.metrics,
        pages=pages_of(card),
    )
    write_bundle(folder, contents, context.keys.signing)
    return release
