"""The privacy of a campaign in figures and in words: at the stated collusion, and with only this entity's own noise.

The coordinator can put entities of its own into a cohort, and entities can tell it their noise. The stated epsilon
holds while no more do so than the campaign allows for. The other figure holds whatever all the others do.
"""

import math
from dataclasses import dataclass
from typing import Any

from federated.campaign.manifest import CampaignManifest
from federated.privacy.own_noise import SHARE_ONLY, OwnNoise, epsilon_alone, own_noise_for, widening
from presentation import formats
from presentation.messages import Translator, speaking


@dataclass(frozen=True, slots=True)
class PrivacyTerms:
    """The privacy that a campaign gives a person of this entity.

    Attributes:
        stated: epsilon while at most `colluders` entities give their noise away.
        share_alone: epsilon when only this entity's share of the noise is unknown; it may be infinite.
        alone: the same with `own` noise.
        limit: the officer's bound on `alone`; infinite when there is none.
        own: the noise that this entity adds beyond its share to keep the limit.
        wider: factor by which this entity's own noise widens that of a sum of the minimum cohort.
        wider_if_all: the same, if every entity added as much.
        counted: people are counted across entities, in a table that no epsilon covers.
    """

    stated: float
    colluders: int
    share_alone: float
    alone: float
    limit: float
    own: OwnNoise
    wider: float
    wider_if_all: float
    counted: bool


def terms_under(manifest: CampaignManifest, limit: float) -> PrivacyTerms:
    """Return the privacy of a campaign under an officer's bound on the case that only the own noise is unknown.

    Raises:
        PrivacyTermsInvalid: terms that no accountant can work with.
    """
    own = SHARE_ONLY
    if not math.isinf(limit):
        own = own_noise_for(manifest.stages, manifest.delta, manifest.noise_shares, limit)
    return terms_with(manifest, own, limit)


def terms_with(manifest: CampaignManifest, own: OwnNoise, limit: float = math.inf) -> PrivacyTerms:
    """Return the privacy of a campaign to whose sums this entity adds noise of its own.

    Raises:
        PrivacyTermsInvalid: terms that no accountant can work with.
    """
    stages, delta, shares = manifest.stages, manifest.delta, manifest.noise_shares
    wider, wider_if_all = widening(own, manifest.minimum_cohort)
    return PrivacyTerms(
        stated=manifest.epsilon,
        colluders=manifest.colluders,
        share_alone=epsilon_alone(stages, delta, shares),
        alone=epsilon_alone(stages, delta, shares, own),
        limit=limit,
        own=own,
        wider=wider,
        wider_if_all=wider_if_all,
        counted=manifest.counts_entities,
    )


def finite(figure: float) -> float | None:
    """Return a figure for JSON, which has no infinity."""
    return None if math.isinf(figure) else round(figure, 6)


def document(terms: PrivacyTerms) -> dict[str, Any]:
    """Return the figures for ``--json``; None stands for an epsilon without bound."""
    return {
        "epsilon": terms.stated,
        "colluders": terms.colluders,
        "epsilon_alone_without_own_noise": finite(terms.share_alone),
        "epsilon_alone": finite(terms.alone),
        "epsilon_alone_limit": finite(terms.limit),
        "own_noise": {"training": round(terms.own.training, 6), "held_out": round(terms.own.held_out, 6)},
        "noise_wider": round(terms.wider, 6),
        "noise_wider_if_all": round(terms.wider_if_all, 6),
        "counts_entities": terms.counted,
    }


def lines(terms: PrivacyTerms, lang: str) -> tuple[str, ...]:
    """Return the figures in words for the data-protection officer."""
    say = speaking(lang)
    stated = say(
        "Privacidad prometida: épsilon {epsilon} por persona, {meaning}. {while_}",
        epsilon=epsilon_words(terms.stated, say),
        meaning=belief_words(terms.stated, say),
        while_=_while(terms.colluders, say),
    )
    alone = say(
        "En el peor caso (todas las demás entidades se confabulan con la Gerencia y solo queda el ruido de este nodo): "
        "épsilon {epsilon}, {meaning}.",
        epsilon=epsilon_words(terms.alone, say),
        meaning=belief_words(terms.alone, say),
    )
    return (stated, alone, *_own_noise(terms, say), *_counting(terms, say))


def _while(colluders: int, say: Translator) -> str:
    if colluders == 0:
        return say("Vale solo si ninguna otra entidad revela su ruido a la Gerencia.")
    return say.plural(
        "Vale mientras no más de {n} entidad revele su ruido a la Gerencia.",
        "Vale mientras no más de {n} entidades revelen su ruido a la Gerencia.",
        colluders,
    )


def epsilon_words(figure: float, say: Translator) -> str:
    """Return an epsilon for people; one above the accountant's range protects nobody."""
    return say("sin límite") if math.isinf(figure) else formats.epsilon(figure, say.lang)


def belief_words(epsilon: float, say: Translator) -> str:
    """Return what an epsilon means to somebody who thinks it as likely as not that a person is in the data."""
    if math.isinf(epsilon):
        return say("es decir, ninguna protección")
    share = math.ceil(1000.0 / (1.0 + math.exp(-epsilon))) / 1000.0
    return say(
        "es decir, quien dude a partes iguales de si una persona está no llega a estar seguro en más de un {share}",
        share=formats.percent(share, say.lang),
    )


def _counting(terms: PrivacyTerms, say: Translator) -> tuple[str, ...]:
    if not terms.counted:
        return ()
    told = say(
        "Épsilon no cubre el recuento de personas entre entidades. Quien participa puede mirar un documento en la suma "
        "de todas: si está vacío, nadie conoce a esa persona; si no, es algo más probable que alguien la conozca, sin "
        "saber quién. En el peor caso, todas las demás juntas saben casi con certeza si la conoce esta entidad."
    )
    return (told,)


def _own_noise(terms: PrivacyTerms, say: Translator) -> tuple[str, ...]:
    if terms.own.largest <= 1.0:
        return ()
    limit = say(" para no pasar de {limit}", limit=formats.epsilon(terms.limit, say.lang))
    added = say(
        "Ruido propio: el nodo añade más del que le toca{limit}; sin él, el peor caso sería {without}. El ruido de las "
        "sumas crece por ello un {wider}, y crecería un {all} si todas las entidades hicieran lo mismo: el modelo será "
        "algo menos preciso.",
        limit="" if math.isinf(terms.limit) else limit,
        without=epsilon_words(terms.share_alone, say),
        wider=formats.percent(terms.wider - 1.0, say.lang),
        all=formats.percent(terms.wider_if_all - 1.0, say.lang),
    )
    return (added,)
