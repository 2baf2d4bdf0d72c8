"""Writing a released model as a bundle that anybody with the coordinator's key can verify (``redpact-audit model``)."""

from pathlib import Path

from coordinator.training import report
from coordinator.training.errors import CampaignOutOfStep
from coordinator.wiring import Coordinator
from federated.bundle.contents import BundleContents
from federated.bundle.documents import bundle_facts
from federated.bundle.epsilon import epsilon_proof
from federated.bundle.transcript import Transcript
from federated.bundle.writing import write_bundle
from federated.release import ModelRelease


def export_release(coordinator: Coordinator, campaign_id: str, folder: Path | None) -> ModelRelease:
    """Return the verified release of a campaign; with a folder, write it there as a bundle.

    Raises:
        CampaignUnknown: there is none with this id.
        CampaignOutOfStep: it is not released.
        ExportUnusable: the folder is not empty, or cannot be written.
    """
    (campaign,) = report.campaigns(coordinator, campaign_id)
    if campaign.release is None:
        raise CampaignOutOfStep(
            f"campaign {campaign_id} is {campaign.state}", remedy="follow it with: training status --watch"
        )
    release = report.released(coordinator, campaign)
    if folder is None:
        return release
    with coordinator.snapshot() as session:
        records = coordinator.training(session).campaigns.transcript(campaign_id)
    facts = bundle_facts(campaign.manifest, campaign.manifest_sha256, release)
    contents = BundleContents(
        manifest=campaign.envelope,
        release=campaign.release,
        transcript=Transcript.of(campaign.manifest_sha256, records),
        epsilon=epsilon_proof(facts),
        metrics=facts.metrics,
        pages={},
    )
    write_bundle(folder, contents, coordinator.keys.signing)
    return release
