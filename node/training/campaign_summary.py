"""A campaign in plain words, for the data-protection officer who approves or refuses it."""

from collections.abc import Mapping

from federated.campaign.manifest import CampaignManifest, DataSource
from federated.learning.model_words import model_name
from policies.training_features import load_training_features
from presentation import formats
from presentation.catalogue import known
from presentation.messages import Translator, speaking


def summarise(manifest: CampaignManifest, lang: str) -> tuple[str, ...]:
    """Return the name, purpose, data, privacy and deadline of a campaign, one line each, in Spanish or English."""
    say = speaking(lang)
    labels = feature_labels(manifest, lang)
    return (
        f"{manifest.name} ({manifest.campaign_id})",
        say("Finalidad: ofrecer apoyo. Nunca sancionar, denegar ni inspeccionar."),
        say(
            "Datos: {source}. Las filas no salen de aquí; solo salen sumas con ruido y enmascaradas, que nadie lee por "
            "separado.",
            source=_source(manifest, say),
        ),
        say("Mira: {features}.", features=", ".join(labels[feature.name] for feature in manifest.features)),
        say("Predice: {label}.", label=labels.get(manifest.label.name, manifest.label.name)),
        say(
            "Privacidad: cada persona gasta como mucho épsilon {epsilon} (delta {delta}) en {rounds} ({model}).",
            epsilon=formats.epsilon(manifest.epsilon, lang),
            delta=formats.epsilon(manifest.delta, lang),
            rounds=say.plural("{n} ronda", "{n} rondas", manifest.rounds),
            model=model_name(manifest.model),
        ),
        say.plural(
            "Entidades: {n} invitada; ninguna suma se abre con menos de {minimum}; el ruido se divide entre {shares}.",
            "Entidades: {n} invitadas; ninguna suma se abre con menos de {minimum}; el ruido se divide entre {shares}.",
            len(manifest.invited),
            minimum=manifest.minimum_cohort,
            shares=manifest.noise_shares,
        ),
        _counting(manifest, say),
        say("Decida antes del {deadline}.", deadline=manifest.deadline),
    )


def feature_labels(manifest: CampaignManifest, lang: str) -> Mapping[str, str]:
    """Return a label for each feature and for the outcome: of `policies` for records, the plain names for a table."""
    plain = {feature.name: feature.name for feature in manifest.features}
    if manifest.source is not DataSource.RECORDS:
        return plain
    declared = load_training_features()
    labels = {each.name: each.en if known(lang) == "en" else each.es for each in (*declared.features, declared.label)}
    return {**plain, **labels}


def _source(manifest: CampaignManifest, say: Translator) -> str:
    if manifest.source is DataSource.RECORDS:
        return say("los expedientes de esta entidad")
    return say("la tabla registrada «{name}»", name=manifest.dataset)


def _counting(manifest: CampaignManifest, say: Translator) -> str:
    if not manifest.counts_entities:
        return say("Quien esté en varias entidades cuenta en cada una: la ficha del modelo dice qué gasta entonces.")
    return say(
        "Cada persona cuenta una vez entre todas las entidades; quien está en más de {cap} no entra.",
        cap=manifest.people_cap,
    )
