"""The installed campaign documents as a bundle's verifier sees them."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from consent_ledger.signing import Envelope
from federated.bundle.errors import TranscriptInvalid
from federated.bundle.facts import BundleFacts, StageTerms
from federated.bundle.transcript import Transcript
from federated.documents import parse_document
from federated.errors import ManifestInvalid
from federated.features import FloatVector
from federated.manifest import CampaignManifest, manifest_sha256
from federated.optimizer import advance, lookahead
from federated.release import open_release
from federated.rounds import TrainingState

STAGE = "train"


def parameters_sha256(parameters: FloatVector) -> str:
    """Return the SHA-256, in hex, of a published vector: its numbers as little-endian doubles."""
    return hashlib.sha256(np.ascontiguousarray(parameters, dtype="<f8").tobytes()).hexdigest()


class LogisticReader:
    """Opens the manifest and release of a logistic campaign, and makes its model again from the rounds' sums."""

    def open(self, manifest: Envelope, release: Envelope, coordinator_key: bytes) -> BundleFacts:
        """Return the facts of both documents.

        Raises:
            SignatureInvalid, MalformedDocument, ManifestInvalid, ReleaseInvalid: as `federated.release.open_release`.
        """
        found, terms = open_release(release, manifest=manifest, coordinator_key=coordinator_key)
        return BundleFacts(
            campaign_id=terms.campaign_id,
            manifest_sha256=manifest_sha256(manifest),
            purpose=found.purpose,
            stages=(StageTerms(STAGE, found.rounds_completed, terms.noise_multiplier),),
            delta=terms.delta,
            epsilon=found.epsilon,
            people_cap=1,
            colluders=0,
            noise_shares=terms.noise_shares,
            minimum_cohort=terms.minimum_cohort,
            invited=terms.invited,
            transcript_sha256=found.transcript_sha256,
            model=model_document(found.columns, found.weights, found.intercept),
            metrics=found.metrics,
            issued=terms.issued,
            expires=None,
        )

    def replay(self, manifest: Envelope, transcript: Transcript) -> Mapping[str, Any]:
        """Return the model's document.

        Raises:
            MalformedDocument, ManifestInvalid: not a manifest.
            TranscriptInvalid: a sum that does not fit the model, or parameters that are not the round's.
        """
        terms = parse_document(manifest.payload, CampaignManifest, ManifestInvalid)
        state = TrainingState.start(terms, manifest_sha256(manifest))
        for record in transcript.records:
            ahead = lookahead(state, terms)
            if record.parameters_sha256 != parameters_sha256(ahead.weights):
                raise TranscriptInvalid(f"round {record.round} was asked at other parameters than its sums give")
            if len(record.total) != len(terms.columns) + 2:
                raise TranscriptInvalid(f"round {record.round}: the sum does not fit the model")
            state = advance(ahead, terms, record.total, record.contributors)
        *weights, intercept = (float(number) for number in state.average)
        return model_document(terms.columns, weights, intercept)


def model_document(
    columns: tuple[str, ...], weights: list[float] | tuple[float, ...], intercept: float
) -> dict[str, Any]:
    """Return a linear model as JSON values."""
    return {"kind": "linear", "columns": list(columns), "weights": list(weights), "intercept": intercept}
