"""Campaigns that were run to their end in memory, and a coordinator that publishes what came of them, or a lie."""

from datetime import timedelta
from functools import cache
from typing import Any

from federated.campaign.manifest import CampaignManifest, DataSource
from federated.coordination.transcript import Transcript
from federated.release.composition import compose_release, measure
from federated.release.model_release import ModelRelease, seal_release
from node.clients.training import ListedCampaign, PublishedRelease
from node.training.datasets import RECORDS
from tests.support.campaigns import CAMPAIGN
from tests.support.clock import START
from tests.support.cohort import MemoryCohort, additive_manifest
from tests.support.training import DATASET, ScriptedCoordinator

OLDER, NEWER = "0a" * 16, "0b" * 16
ISSUED = {OLDER: START, NEWER: START + timedelta(days=1), CAMPAIGN: START + timedelta(days=2)}
DATASETS = {DataSource.RECORDS: RECORDS, DataSource.TABLE: DATASET}


@cache
def ended(campaign_id: str, source: DataSource = DataSource.RECORDS) -> tuple[CampaignManifest, ModelRelease, bytes]:
    """Return a campaign that was run to its end: its manifest, its release, and its rounds."""
    cohort = MemoryCohort(
        additive_manifest(campaign_id=campaign_id, source=source, dataset=DATASETS[source], issued=ISSUED[campaign_id])
    )
    conductor, records = cohort.run()
    transcript = Transcript.of(cohort.digest, records)
    measured = measure(cohort.manifest, conductor.progress, len(records[-1].contributors))
    released = ISSUED[campaign_id] + timedelta(days=5)
    release = compose_release(cohort.manifest, cohort.digest, conductor.progress, measured, released)
    return cohort.manifest, release, transcript.to_jsonl()


def publish(script: ScriptedCoordinator, campaign_id: str, **changes: Any) -> None:
    """List a campaign as released, before the others, with the release and rounds that it had, or with others."""
    manifest, release, transcript = ended(campaign_id, changes.pop("source", DataSource.RECORDS))
    transcript = changes.pop("transcript", transcript)
    script.offer(manifest)
    say(script, "released")
    sealed = seal_release(ModelRelease.model_validate(release.model_dump() | changes), script.signer)
    script.releases[campaign_id] = PublishedRelease(sealed, transcript)


def say(script: ScriptedCoordinator, word: str, *, place: int = 0) -> None:
    """Change what the coordinator says of a campaign; the newest is at place 0."""
    script.listed[place] = ListedCampaign(script.listed[place].manifest, word)
