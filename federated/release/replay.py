"""Recompute a released model from its public transcript, as nodes do before they use it."""

import hashlib

import numpy as np

from federated.campaign.manifest import CampaignManifest
from federated.campaign.possible_sums import PossibleSums
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import StepKind, pack
from federated.coordination.progress import Progress
from federated.coordination.transcript import Transcript
from federated.errors import ReleaseInvalid
from federated.learning.model_documents import edits_of
from federated.privacy.stages import StageKind, position_of
from federated.release.composition import compose_release, measure
from federated.release.model_release import ModelRelease
from presentation.messages import _

_TOLERANCE = 1e-9
"""Relative: the last bits of an exponential differ between machines."""


def replayed(manifest: CampaignManifest, transcript: Transcript) -> Progress:
    """Recompute the progress of a campaign after its last round from its sums.

    Raises:
        ReleaseInvalid: a round is not the manifest's, or its parameters do not follow from the sums before it.
        SumImpossible: people and noise cannot give a sum.
    """
    sums = StageSums(manifest)
    state, evaluation, lost = sums.program.start(), tuple[int, ...](), 0
    contributors: set[str] = set()
    for record in transcript.records:
        position = position_of(manifest.stages, record.round)
        if position is None or record.stage != position.stage.kind.value:
            raise ReleaseInvalid(
                _("la ronda {round} del registro de rondas no figura en el manifiesto", round=record.round)
            )
        if record.round == 1 and (position.stage.kind is not sums.program.stages[0].kind or not record.total):
            raise ReleaseInvalid(_("en el registro de rondas falta la suma sobre la que se construye el modelo"))
        if record.total and len(record.total) != sums.size(position.stage.kind):
            raise ReleaseInvalid(
                _("la suma de la ronda {round} no tiene la longitud que pide el manifiesto", round=record.round)
            )
        parameters, model = sums.published(state, position)
        if hashlib.sha256(pack(parameters) + model).hexdigest() != record.parameters_sha256:
            raise ReleaseInvalid(
                _("lo publicado en la ronda {round} no se deduce de las rondas anteriores", round=record.round)
            )
        if not record.total:
            lost += 1
            continue
        PossibleSums(sums).check(position, len(record.contributors), state, record.total)
        contributors |= set(record.contributors)
        if position.stage.kind is StageKind.EVALUATE:
            evaluation = record.total
        else:
            state = sums.program.advance(state, position.stage.kind, position.index + 1, record.total)
    return Progress(
        step=StepKind.MASK,
        round=len(transcript.records) + 1,
        vectors=state,
        transcript=transcript.head,
        evaluation=evaluation,
        contributors=tuple(sorted(contributors)),
        lost=lost,
    )


def require_reproducible(
    release: ModelRelease, manifest: CampaignManifest, manifest_sha256: str, transcript: bytes
) -> None:
    """Check that the transcript of a verified release gives its model, figures and epsilon spent.

    Corrections by hand, which the release lists, are applied again to the recomputed model.

    Raises:
        TranscriptInvalid: the bytes are not a transcript of this campaign.
        ReleaseInvalid: the recomputed release differs.
        EditInvalid: a correction by hand does not fit the model.
    """
    parsed = Transcript.from_jsonl(transcript, manifest_sha256)
    if parsed.head != release.transcript_sha256:
        raise ReleaseInvalid(_("el registro de rondas no es el que indica el modelo publicado"))
    progress = replayed(manifest, parsed)
    measured = measure(manifest, progress, len(parsed.records[-1].contributors))
    edits = edits_of(release.model)
    again = compose_release(manifest, manifest_sha256, progress, measured, release.released, edits=edits)
    if not _alike(again.model_dump(mode="json"), release.model_dump(mode="json")):
        raise ReleaseInvalid(
            _("el modelo publicado no es el que resulta de las rondas"), remedy=_("no lo use; avise a la Gerencia")
        )


def _alike(one: object, other: object) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    if isinstance(one, float) and isinstance(other, float | int):
        return bool(np.isclose(one, other, rtol=_TOLERANCE, atol=1e-12))
    return one == other
