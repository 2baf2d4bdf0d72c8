"""The facts of a card from a verified manifest and its verified release."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from federated.bundle.campaign_reader import bundle_facts
from federated.bundle.epsilon_proof import epsilon_proof
from federated.campaign.manifest import CampaignManifest
from federated.card.facts import CardFacts, FeatureValues, ShapeFacts
from federated.errors import ReleaseInvalid
from federated.evaluation.measurement import Estimate, Measurement
from federated.evaluation.recalibration import Recalibration
from federated.learning.model_documents import AdditiveModel, LearnedModel, LinearModel, edits_of
from federated.release.model_release import ModelRelease
from federated.tabular.features import CategoricalFeature, FeatureSpec, NumericFeature
from policies.model_words import PLAIN_WORDS, ModelWords
from presentation.faults import first_fault
from presentation.messages import _

_OTHER = "—"
"""A value outside a feature's public list."""


@dataclass(frozen=True, slots=True)
class SuppliedFacts:
    """The facts of a card that neither manifest nor release contains.

    Attributes:
        contact: address for questions.
        words: the network's names of fields and codes.
    """

    contact: str
    words: ModelWords = PLAIN_WORDS


def card_facts(
    manifest: CampaignManifest,
    manifest_sha256: str,
    release: ModelRelease,
    supplied: SuppliedFacts,
    *,
    is_draft: bool = False,
) -> CardFacts:
    """Return the facts of a release's card and impact assessment, or of a draft's.

    Raises:
        ReleaseInvalid: the release's figures are not those of a measurement.
        PrivacyTermsInvalid: terms that no accountant can work with.
    """
    facts = bundle_facts(manifest, manifest_sha256, release)
    fallback = f"{manifest.label.name} = {manifest.label.positive}"
    corrected = release.recalibration
    return CardFacts(
        campaign_id=manifest.campaign_id,
        name=manifest.name,
        network=manifest.network,
        label=supplied.words.fields.get(manifest.label.name, fallback),
        model_kind=release.model.kind,
        features=tuple(_values(feature) for feature in manifest.features),
        entities=release.contributors,
        stages=facts.stages,
        minimum_cohort=manifest.minimum_cohort,
        epsilon=epsilon_proof(facts),
        measurement=_measurement(release.measurement, manifest.evaluation.capacity),
        released=release.released,
        expires=release.expires,
        contact=supplied.contact,
        least_people=manifest.evaluation.least_people,
        people_estimate=release.people_estimate,
        recalibration=corrected if corrected != Recalibration() else None,
        is_draft=is_draft,
        words=supplied.words,
        edits=tuple((each.feature, each.how, each.reason) for each in edits_of(release.model)),
        shapes=_shapes(release.model) if isinstance(release.model, AdditiveModel) else (),
        coefficients=_coefficients(manifest, release.model),
    )


def _coefficients(manifest: CampaignManifest, model: LearnedModel) -> tuple[tuple[str, float], ...]:
    return tuple(zip(manifest.columns, model.weights, strict=True)) if isinstance(model, LinearModel) else ()


def _values(feature: FeatureSpec) -> FeatureValues:
    if isinstance(feature, NumericFeature):
        return FeatureValues(feature.name, bounds=_("{low} … {high}", low=feature.min, high=feature.max))
    return FeatureValues(feature.name, values=tuple(feature.values))


def _shapes(model: AdditiveModel) -> tuple[ShapeFacts, ...]:
    return tuple(
        ShapeFacts(shape.feature, shape.log_odds, values=(*feature.values, _OTHER))
        if isinstance(feature, CategoricalFeature)
        else ShapeFacts(shape.feature, shape.log_odds, shape.natural_edges(feature), (feature.min, feature.max))
        for feature, shape in zip(model.features, model.shapes, strict=True)
    )


def _measurement(document: Mapping[str, Any] | None, capacity: float) -> Measurement:
    if document is None:
        nobody = Estimate(0.0, 0.0, 0.0)
        return Measurement(nobody, None, None, capacity, 1.0, None, None, (), None, (), (), (), 0.0)
    try:
        return TypeAdapter(Measurement).validate_python(document)
    except ValidationError as error:
        raise ReleaseInvalid(
            _("las cifras del modelo publicado no son una medición válida: {fault}", fault=first_fault(error))
        ) from error
