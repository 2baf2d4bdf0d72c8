"""A campaign in plain words, for the data-protection officer who approves or refuses it."""

from federated.campaign.decision_policy import clipping_bound
from federated.campaign.manifest import CampaignManifest, DataSource
from federated.learning.model_words import model_name
from node.training.privacy_terms import PrivacyTerms
from node.training.privacy_terms import lines as privacy_lines
from policies.model_words import PLAIN_WORDS, ModelWords, load_model_words
from presentation import formats
from presentation.messages import Translator, speaking


def summarise(manifest: CampaignManifest, privacy: PrivacyTerms, lang: str) -> tuple[str, ...]:
    """Return the name, purpose, data, privacy and deadline of a campaign, one line each, in Spanish or English."""
    say = speaking(lang)
    words = campaign_words(manifest)
    return (
        f"{manifest.name} ({manifest.campaign_id})",
        say("Finalidad: ofrecer apoyo. Nunca sancionar, denegar ni inspeccionar."),
        say(
            "Datos: {source}. Las filas no salen de aquí; solo salen sumas con ruido y enmascaradas, que nadie lee por "
            "separado.",
            source=_source(manifest, say),
        ),
        say("Mira: {features}.", features=", ".join(say(words.field(feature.name)) for feature in manifest.features)),
        say("Predice: {label}.", label=words.field(manifest.label.name)),
        *privacy_lines(privacy, lang),
        say(
            "Condiciones: {model}, {rounds}, delta {delta}, recorte {clip}; se evalúa por: {protected} (grupos de al "
            "menos {least} personas).",
            model=model_name(manifest.model),
            rounds=say.plural("{n} ronda", "{n} rondas", manifest.rounds),
            delta=formats.epsilon(manifest.delta, lang),
            clip=formats.number(clipping_bound(manifest), lang),
            protected=", ".join(say(words.field(each.name)) for each in manifest.evaluation.slices) or say("nada"),
            least=manifest.evaluation.least_people,
        ),
        say.plural(
            "Entidades: {n} invitada; ninguna suma se abre con menos de {minimum}; el ruido se divide entre {shares}.",
            "Entidades: {n} invitadas; ninguna suma se abre con menos de {minimum}; el ruido se divide entre {shares}.",
            len(manifest.invited),
            minimum=manifest.minimum_cohort,
            shares=manifest.noise_shares,
        ),
        _counting(manifest, say),
        say("Decida antes del {deadline}. La campaña acaba el {ends}.", deadline=manifest.deadline, ends=manifest.ends),
    )


def campaign_words(manifest: CampaignManifest) -> ModelWords:
    """Return the names of a campaign's fields and codes: of `policies` for records, none for a table."""
    return load_model_words() if manifest.source is DataSource.RECORDS else PLAIN_WORDS


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
