"""A small campaign run by hand: its transcript, its release, its bundle, and tools to spoil it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from typing_extensions import override

from consent_ledger import signing
from consent_ledger.signing import Ed25519Signer, Envelope
from federated.bundle.contents import SIGNED_SUMS_FILE, SUMS_FILE, SUMS_TYPE, BundleContents, sums_of
from federated.bundle.documents import ReleaseReader, model_document, parameters_sha256
from federated.bundle.epsilon import epsilon_proof
from federated.bundle.facts import BundleFacts
from federated.bundle.transcript import RoundRecord, Transcript
from federated.manifest import manifest_sha256
from federated.optimizer import advance, lookahead
from federated.release import ModelRelease, seal_release
from federated.rounds import TrainingState
from tests.support import campaigns
from tests.support.clock import START

ENTITIES = ("avila", "leon", "soria")
MANIFEST = campaigns.sealed()
METRICS = {"auc": 0.71}
EXPIRES = START + timedelta(days=365)


@cache
def run() -> tuple[Transcript, TrainingState]:
    """Return a campaign's rounds; its sums are made up, as noise would make them."""
    terms, chooser = campaigns.manifest(), np.random.default_rng(3)
    state = TrainingState.start(terms, manifest_sha256(MANIFEST))
    transcript = Transcript.start(manifest_sha256(MANIFEST))
    for number in range(1, terms.rounds + 1):
        ahead = lookahead(state, terms)
        total = tuple(int(each) for each in chooser.integers(-(2**22), 2**22, len(terms.columns) + 2))
        record = RoundRecord(number, "train", ENTITIES, parameters_sha256(ahead.weights), total)
        transcript, state = transcript.append(record), advance(ahead, terms, total, ENTITIES)
    return transcript, state


def release(transcript: Transcript | None = None, **changes: Any) -> ModelRelease:
    """Return a release of `run`, with some fields changed."""
    terms, (ran, state) = campaigns.manifest(), run()
    content: dict[str, Any] = {
        "campaign_id": terms.campaign_id,
        "manifest_sha256": manifest_sha256(MANIFEST),
        "network": terms.network,
        "model": terms.model,
        "columns": terms.columns,
        "weights": tuple(float(each) for each in state.average[:-1]),
        "intercept": float(state.average[-1]),
        "epsilon": terms.epsilon,
        "epsilon_spent": terms.epsilon,
        "delta": terms.delta,
        "rounds_completed": terms.rounds,
        "contributors": ENTITIES,
        "people_estimate": 60.0,
        "transcript_sha256": (transcript or ran).head,
        "metrics": METRICS,
        "released": START,
    }
    return ModelRelease.model_validate({**content, **changes})


class Reader(ReleaseReader):
    """The installed reader, with some facts changed: what a dishonest pair of documents would say."""

    def __init__(self, **changes: Any) -> None:
        self._changes = {"expires": EXPIRES, **changes}

    @override
    def open(self, manifest: Envelope, release: Envelope, coordinator_key: bytes) -> BundleFacts:
        return replace(super().open(manifest, release, coordinator_key), **self._changes)


def facts(**changes: Any) -> BundleFacts:
    return Reader(**changes).open(
        MANIFEST, seal_release(release(), campaigns.COORDINATOR), campaigns.COORDINATOR.public_key
    )


def contents(transcript: Transcript | None = None, **changes: Any) -> BundleContents:
    """Return a bundle's contents; a transcript given is the one that the release names."""
    parts: dict[str, Any] = {
        "manifest": MANIFEST,
        "release": seal_release(release(transcript), campaigns.COORDINATOR),
        "transcript": transcript or run()[0],
        "epsilon": epsilon_proof(facts()),
        "metrics": METRICS,
        "pages": {"model-card.es.md": b"# Modelo\n", "plots/calibration.svg": b"<svg/>"},
    }
    return BundleContents(**(parts | changes))


def rewritten(folder: Path, files: Mapping[str, bytes], signer: Ed25519Signer = campaigns.COORDINATOR) -> None:
    """Replace files of a bundle and sign the list of hashes anew, as a dishonest coordinator could."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    lists = {SUMS_FILE, SIGNED_SUMS_FILE}
    every = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    sums = sums_of({name: path.read_bytes() for name, path in every.items() if name not in lists})
    (folder / SUMS_FILE).write_bytes(sums)
    (folder / SIGNED_SUMS_FILE).write_bytes(signing.seal(SUMS_TYPE, sums, signer).to_json())


def model() -> dict[str, Any]:
    found = release()
    return model_document(found.columns, found.weights, found.intercept)
