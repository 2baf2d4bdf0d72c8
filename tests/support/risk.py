"""A node with a fictitious population and a coordinator with one released model that looks at months on benefit."""

from datetime import date, timedelta
from pathlib import Path

from coordinator.training.proposal import records_problem
from federated.campaign.manifest import CampaignManifest, DataSource, manifest_sha256
from federated.learning.model_documents import LinearModel
from federated.release.model_release import ModelRelease, seal_release
from node.clients.training import ListedCampaign, PublishedRelease
from node.context import NodeContext
from node.fictitious.population import PopulationRequest, generate
from node.training.tables import ReleaseRow
from tests.support.campaigns import CAMPAIGN, manifest
from tests.support.clock import START, FrozenClock
from tests.support.parts import COORDINATOR, SignedDirectory, context_of, hold
from tests.support.training import ScriptedCoordinator
from trust.parties import EntityKind
from trust.signing import Ed25519Signer

AS_OF = date(2019, 1, 1)


def context_with_people(folder: Path, *, people: int = 120, clock: FrozenClock | None = None) -> NodeContext:
    """Return the context of an entity that holds fictitious people."""
    directory = SignedDirectory(clock or FrozenClock(START), {"soria": EntityKind.AGENT})
    made = context_of("soria", folder / "soria", directory)
    if people:
        hold(made, *generate(PopulationRequest(province="42", people=people)))
    return made


def question() -> CampaignManifest:
    """Return the manifest of the campaign on records."""
    asked = records_problem()
    return manifest(features=asked.features, label=asked.label, source=DataSource.RECORDS, dataset="records")


def coordinator(
    context: NodeContext, *, signer: Ed25519Signer | None = None, kept: bool = True, **changes: object
) -> ScriptedCoordinator:
    """Return a coordinator with one released model that looks at months on benefit only.

    Unless `kept` is false the entity has it already, made again from its rounds, which this coordinator has not.
    """
    script = ScriptedCoordinator(COORDINATOR, "soria")
    content = question()
    envelope = script.offer(content)
    script.listed[0] = ListedCampaign(envelope, "released")
    values: dict[str, object] = {
        "campaign_id": CAMPAIGN,
        "manifest_sha256": manifest_sha256(envelope),
        "network": content.network,
        "model": LinearModel(
            features=content.features,
            weights=tuple(3.0 if column == "benefit_months" else 0.0 for column in content.columns),
            intercept=-1.0,
            reference=(0.0,) * len(content.columns),
        ),
        "epsilon": content.epsilon,
        "epsilon_spent": content.epsilon,
        "delta": content.delta,
        "rounds_completed": content.rounds,
        "rounds_lost": 0,
        "contributors": ["avila", "leon", "soria"],
        "people_estimate": 200.0,
        "transcript_sha256": "0" * 64,
        "measurement": None,
        "released": START,
        "expires": START + timedelta(days=365),
    }
    release = ModelRelease.model_validate(values | changes)
    envelope_of_release = seal_release(release, signer or script.signer)
    script.releases[CAMPAIGN] = PublishedRelease(envelope_of_release, b"")
    if kept:
        row = ReleaseRow(
            campaign_id=CAMPAIGN,
            release=envelope_of_release.to_json(),
            manifest=envelope.to_json(),
            verified_at=START,
        )
        with context.transaction() as session:
            session.merge(row)
    return script
