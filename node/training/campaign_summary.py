"""A campaign in plain words, for the data-protection officer who approves or refuses it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from federated.campaign.manifest import CampaignManifest, DataSource
from policies.training_features import load_training_features

_PURPOSE: Final = {
    "es": "Finalidad: ofrecer apoyo. Nunca sancionar, denegar ni inspeccionar.",
    "en": "Purpose: to offer support. Never to sanction, deny or inspect.",
}
_SOURCES: Final = {
    DataSource.RECORDS: {"es": "los expedientes de esta entidad", "en": "this entity's own records"},
    DataSource.TABLE: {"es": "la tabla registrada «{0}»", "en": "the registered table '{0}'"},
}


def summarise(manifest: CampaignManifest, lang: str) -> tuple[str, ...]:
    """Return what the campaign asks, line by line, in Spanish (``es``) or English (``en``)."""
    english = lang == "en"
    source = _SOURCES[manifest.source]["en" if english else "es"].format(manifest.dataset)
    labels = feature_labels(manifest, lang)
    features = ", ".join(labels[feature.name] for feature in manifest.features)
    deadline = manifest.deadline.strftime("%Y-%m-%d %H:%M UTC")
    facts = _english(manifest) if english else _spanish(manifest)
    label = labels.get(manifest.label.name, manifest.label.name)
    asked = (
        (f"Data: {source}. {facts.leaves}", f"Looks at: {features}.", f"Predicts: {label}.")
        if english
        else (f"Datos: {source}. {facts.leaves}", f"Mira: {features}.", f"Predice: {label}.")
    )
    until = f"Decide before: {deadline}." if english else f"Decida antes de: {deadline}."
    head = f"{manifest.name} ({manifest.campaign_id})"
    return (head, _PURPOSE["en" if english else "es"], *asked, facts.privacy, facts.entities, *facts.counting, until)


@dataclass(frozen=True, slots=True)
class _Facts:
    leaves: str
    privacy: str
    entities: str
    counting: tuple[str, ...]


def _spanish(manifest: CampaignManifest) -> _Facts:
    terms = f"épsilon {manifest.epsilon:g} (delta {manifest.delta:g})"
    counting = (
        f"Cada persona cuenta una vez entre todas las entidades; quien está en más de {manifest.people_cap} no entra."
        if manifest.counts_entities
        else "Quien esté en varias entidades cuenta en cada una: la ficha del modelo dice qué gasta entonces."
    )
    return _Facts(
        leaves="Las filas no salen de aquí; solo salen sumas con ruido y enmascaradas, que nadie lee por separado.",
        privacy=f"Privacidad: cada persona gasta como mucho {terms} en {manifest.rounds} rondas ({manifest.model}).",
        entities=f"Entidades: {len(manifest.invited)} invitadas; ninguna suma se abre con menos de "
        f"{manifest.minimum_cohort}, y el ruido se reparte entre {manifest.noise_shares}.",
        counting=(counting,),
    )


def _english(manifest: CampaignManifest) -> _Facts:
    terms = f"epsilon {manifest.epsilon:g} (delta {manifest.delta:g})"
    counting = (
        f"Each person counts once over all entities; who is in more than {manifest.people_cap} is left out."
        if manifest.counts_entities
        else "Who is in several entities counts in each: the model card says what that spends."
    )
    return _Facts(
        leaves="Rows stay here; only noised and masked sums leave, which nobody can read one by one.",
        privacy=f"Privacy: a person spends at most {terms} in {manifest.rounds} rounds ({manifest.model}).",
        entities=f"Entities: {len(manifest.invited)} invited; no sum is opened over fewer than "
        f"{manifest.minimum_cohort}, and the noise is split over {manifest.noise_shares}.",
        counting=(counting,),
    )


def feature_labels(manifest: CampaignManifest, lang: str) -> Mapping[str, str]:
    """Return the words for each feature and the label: of `policies` for records, the names themselves for a table."""
    plain = {feature.name: feature.name for feature in manifest.features}
    if manifest.source is not DataSource.RECORDS:
        return plain
    chosen = load_training_features()
    known = {each.name: each.en if lang == "en" else each.es for each in (*chosen.features, chosen.label)}
    return {**plain, **known}
