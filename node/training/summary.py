"""A campaign in plain words, for the data-protection officer who approves or refuses it."""

from collections.abc import Mapping
from typing import Final

from federated.manifest import CampaignManifest, DataSource
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
    terms = f"{'epsilon' if english else 'épsilon'} {manifest.epsilon:g} (delta {manifest.delta:g})"
    if english:
        return (
            f"{manifest.name} ({manifest.campaign_id})",
            _PURPOSE["en"],
            f"Data: {source}. Rows stay here; only noised sums leave.",
            f"Looks at: {features}.",
            f"Predicts: {labels.get(manifest.label.name, manifest.label.name)}.",
            f"Privacy: a person spends at most {terms} in {manifest.rounds} rounds.",
            f"Entities: {len(manifest.invited)} invited; at least {manifest.minimum_cohort} must take part.",
            f"Decide before: {deadline}.",
        )
    return (
        f"{manifest.name} ({manifest.campaign_id})",
        _PURPOSE["es"],
        f"Datos: {source}. Las filas no salen de aquí; solo salen sumas con ruido.",
        f"Mira: {features}.",
        f"Predice: {labels.get(manifest.label.name, manifest.label.name)}.",
        f"Privacidad: cada persona gasta como mucho {terms} en {manifest.rounds} rondas.",
        f"Entidades: {len(manifest.invited)} invitadas; deben participar al menos {manifest.minimum_cohort}.",
        f"Decida antes de: {deadline}.",
    )


def feature_labels(manifest: CampaignManifest, lang: str) -> Mapping[str, str]:
    """Return the words for each feature and the label: of `policies` for records, the names themselves for a table."""
    plain = {feature.name: feature.name for feature in manifest.features}
    if manifest.source is not DataSource.RECORDS:
        return plain
    chosen = load_training_features()
    known = {each.name: each.en if lang == "en" else each.es for each in (*chosen.features, chosen.label)}
    return {**plain, **known}
