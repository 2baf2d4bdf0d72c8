"""The `CampaignReader` of the models in `federated.learning`."""

from collections.abc import Mapping
from typing import Any

from federated.bundle.campaign_facts import BundleFacts, StageTerms
from federated.campaign.manifest import CampaignManifest, manifest_sha256
from federated.campaign.signed_documents import parse_document
from federated.coordination.transcript import Transcript
from federated.errors import ManifestInvalid, ReleaseInvalid
from federated.learning.model_documents import edits_of
from federated.privacy.stages import Part
from federated.release.composition import compose_release, measure
from federated.release.model_release import ModelRelease, open_release
from federated.release.replay import replayed
from trust.signing import Envelope


class ReleaseReader:
    """Opens a campaign's manifest and release, and recomputes the model from the rounds' sums."""

    def open(self, manifest: Envelope, release: Envelope, coordinator_key: bytes) -> BundleFacts:
        """Return the facts of both documents.

        Raises:
            SignatureInvalid, MalformedDocument, ManifestInvalid, ReleaseInvalid: as `open_release`.
        """
        found, terms = open_release(release, manifest=manifest, coordinator_key=coordinator_key)
        return bundle_facts(terms, manifest_sha256(manifest), found)

    def replay(self, manifest: Envelope, release: Envelope, transcript: Transcript) -> Mapping[str, Any]:
        """Recompute the model and its figures; of the release only its corrections by hand are used.

        Raises:
            MalformedDocument, ManifestInvalid, ReleaseInvalid: not a manifest, or not a release.
            EditInvalid: a correction does not fit the model.
            ReleaseInvalid: a round is not the manifest's, or its parameters do not follow from the sums before it.
            TrainingMessageMalformed: a sum does not fit the model.
        """
        terms = parse_document(manifest.payload, CampaignManifest, ManifestInvalid)
        progress = replayed(terms, transcript)
        measured = measure(terms, progress, len(transcript.records[-1].contributors))
        edits = edits_of(parse_document(release.payload, ModelRelease, ReleaseInvalid).model)
        # The day of the release cannot be recomputed; nothing that is compared depends on it.
        digest = manifest_sha256(manifest)
        return replayed_release(compose_release(terms, digest, progress, measured, terms.issued, edits=edits))


def replayed_release(release: ModelRelease) -> dict[str, Any]:
    """Return the parts of a release that follow from the rounds' sums alone: model, figures, epsilon spent."""
    return release.model_dump(
        mode="json",
        include={
            "model",
            "recalibration",
            "measurement",
            "drift_baseline",
            "people_estimate",
            "epsilon_spent",
            "rounds_completed",
            "rounds_lost",
            "contributors",
        },
    )


def bundle_facts(manifest: CampaignManifest, digest: str, release: ModelRelease) -> BundleFacts:
    """Return the facts of a verified manifest and its verified release."""
    return BundleFacts(
        campaign_id=manifest.campaign_id,
        manifest_sha256=digest,
        purpose=release.purpose,
        stages=tuple(
            StageTerms(
                name=stage.kind.value,
                rounds=stage.rounds,
                noise_multiplier=stage.noise_multiplier,
                people="held_out" if stage.kind.part is Part.HELD_OUT else "trained",
            )
            for stage in manifest.stages
        ),
        delta=manifest.delta,
        epsilon=release.epsilon,
        people_cap=manifest.people_cap if manifest.counts_entities else 1,
        colluders=manifest.colluders,
        noise_shares=manifest.noise_shares,
        minimum_cohort=manifest.minimum_cohort,
        invited=manifest.invited,
        transcript_sha256=release.transcript_sha256,
        model=replayed_release(release),
        metrics=release.measurement or {},
        issued=manifest.issued,
        expires=release.expires,
    )
