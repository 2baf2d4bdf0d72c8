"""A small campaign run by hand: its transcript, its release, its bundle, and tools to spoil it."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from typing_extensions import override

from federated.bundle.campaign_facts import BundleFacts
from federated.bundle.campaign_reader import ReleaseReader
from federated.bundle.contents import SIGNED_SUMS_FILE, SUMS_FILE, SUMS_TYPE, BundleContents, sums_of
from federated.bundle.epsilon_proof import epsilon_proof
from federated.campaign.manifest import manifest_sha256
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import pack
from federated.coordination.transcript import RoundRecord, Transcript
from federated.privacy.stages import StageKind, position_of
from federated.release.composition import compose_release, measure
from federated.release.model_release import ModelRelease, seal_release
from federated.release.replay import replayed
from tests.support import campaigns
from tests.support.clock import START
from trust import signing
from trust.signing import Ed25519Signer, Envelope

ENTITIES = ("avila", "leon", "soria")
MANIFEST = campaigns.sealed()
EXPIRES = START + timedelta(days=365)


@cache
def run() -> Transcript:
    """Return a campaign's rounds; its sums are made up, as noise would make them."""
    terms, chooser = campaigns.manifest(), np.random.default_rng(3)
    sums, transcript = StageSums(terms), Transcript.start(manifest_sha256(MANIFEST))
    state = sums.program.start()
    for number in range(1, terms.rounds + 1):
        position = position_of(terms.stages, number)
        assert position is not None
        kind = position.stage.kind
        parameters, model = sums.asked(state, position)
        published = hashlib.sha256(pack(parameters) + model).hexdigest()
        total = tuple(int(each) for each in chooser.integers(-(2**22), 2**24, sums.size(kind)))
        transcript = transcript.append(RoundRecord(number, kind.value, ENTITIES, published, total))
        if kind is not StageKind.EVALUATE:
            state = sums.program.advance(state, kind, position.index + 1, total)
    return transcript


@cache
def _released() -> ModelRelease:
    terms, progress = campaigns.manifest(), replayed(campaigns.manifest(), run())
    return compose_release(terms, manifest_sha256(MANIFEST), progress, measure(terms, progress, len(ENTITIES)), START)


def release(transcript: Transcript | None = None, **changes: Any) -> ModelRelease:
    """Return a release of `run`, with some fields changed; a transcript given is the one it names."""
    named = {"transcript_sha256": (transcript or run()).head}
    return ModelRelease.model_validate(_released().model_dump() | named | changes)


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
        "transcript": transcript or run(),
        "epsilon": epsilon_proof(facts()),
        "metrics": facts().metrics,
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
