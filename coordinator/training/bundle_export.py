"""Writing a released model as a bundle that anybody with the coordinator's key can verify (``redpact-audit model``)."""

from pathlib import Path

from coordinator.training import campaign_report as report
from coordinator.training.errors import CampaignOutOfStep
from coordinator.training.model_card_input import model_card_input
from coordinator.wiring import Coordinator
from federated.bundle.archive import write_bundle
from federated.bundle.campaign_reader import bundle_facts
from federated.bundle.contents import BundleContents
from federated.bundle.epsilon_proof import epsilon_proof
from federated.card.facts_from_release import card_facts
from federated.card.pages import pages_of
from federated.coordination.transcript import Transcript
from federated.release.model_release import ModelRelease
from presentation.messages import _


def export_release(
    coordinator: Coordinator, campaign_id: str, folder: Path | None, told: Path | None = None
) -> ModelRelease:
    """Return the verified release of a campaign; with a folder, write it there as a bundle.

    Args:
        coordinator: of the network.
        campaign_id: of a released campaign.
        folder: where to write the bundle.
        told: a file with what the model card says besides, see `coordinator.training.model_card_input`.

    Raises:
        CampaignUnknown: there is none with this id.
        CampaignOutOfStep: it is not released.
        CampaignInvalid: `told` cannot be read.
        ExportUnusable: the folder is not empty, or cannot be written.
    """
    (campaign,) = report.campaigns(coordinator, campaign_id)
    if campaign.release is None:
        raise CampaignOutOfStep(
            _("la campaña {campaign_id} está en el estado «{state}»", campaign_id=campaign_id, state=campaign.state),
            remedy=_("siga la campaña con: training status --watch"),
        )
    release = report.released(coordinator, campaign)
    if folder is None:
        return release
    with coordinator.snapshot() as session:
        records = coordinator.training(session).campaigns.transcript(campaign_id)
    card = card_facts(campaign.manifest, campaign.manifest_sha256, release, model_card_input(campaign.manifest, told))
    facts = bundle_facts(campaign.manifest, campaign.manifest_sha256, release)
    contents = BundleContents(
        manifest=campaign.envelope,
        release=campaign.release,
        transcript=Transcript.of(campaign.manifest_sha256, records),
        epsilon=epsilon_proof(facts),
        metrics=facts.metrics,
        pages=pages_of(card),
    )
    write_bundle(folder, contents, coordinator.keys.signing)
    return release
