"""Writing a released model to files that anybody with the coordinator's key can verify."""

from pathlib import Path

from coordinator.training import report
from coordinator.training.errors import CampaignOutOfStep
from coordinator.wiring import Coordinator
from federated.release import ModelRelease


def export_release(
    coordinator: Coordinator, campaign_id: str, folder: Path | None
) -> tuple[ModelRelease, tuple[Path, ...]]:
    """Return the verified release of a campaign, written with its manifest to `folder` when one is given.

    Raises:
        CampaignUnknown: there is none with this id.
        CampaignOutOfStep: it is not released, or the folder cannot be written.
    """
    (campaign,) = report.campaigns(coordinator, campaign_id)
    if campaign.release is None:
        raise CampaignOutOfStep(
            f"campaign {campaign_id} is {campaign.state}", remedy="follow it with: training status --watch"
        )
    content = report.released(coordinator, campaign)
    if folder is None:
        return content, ()
    documents = {"release.dsse.json": campaign.release, "manifest.dsse.json": campaign.envelope}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, envelope in documents.items():
            (folder / name).write_bytes(envelope.to_json())
    except OSError as error:
        raise CampaignOutOfStep(f"cannot write {folder}: {error.strerror}", remedy="choose another folder") from error
    return content, tuple(folder / name for name in documents)
