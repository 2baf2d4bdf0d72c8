"""The model card (Mitchell et al. 2019, Model cards for model reporting), filled from the run."""

from typing import Final

from federated.card.blocks import Block, Fill, Heading, Table, Terms, Text
from federated.card.facts import CardFacts, FeatureValues
from federated.card.figure_text import NONE, day, people
from federated.card.oversight_section import FILL_MARK, GENERATED, PURPOSE_LOCK, limits, oversight
from federated.card.privacy_section import privacy
from federated.card.quality_sections import explanation, groups, quality
from federated.learning.model_words import model_name
from federated.privacy.stages import StageKind
from presentation.formats import number
from presentation.messages import Translator, _, in_language

_STAGES: Final = {
    StageKind.EDGES: _("tramos de cada variable"),
    StageKind.MEANS: _("medias de las variables"),
    StageKind.TRAIN: _("entrenamiento"),
    StageKind.EVALUATE: _("medida de la calidad"),
}
_PEOPLE: Final = {"trained": _("de entrenamiento"), "held_out": _("reservadas para medir")}
_NOT_FOR: Final = _(
    "No decide nada. No debe usarse con personas distintas de las que se describen aquí, ni para otra finalidad, ni "
    "sin que un profesional mire el caso."
)


def model_card(facts: CardFacts, plots: tuple[str, ...], say: Translator) -> list[Block]:
    """Return the card's blocks in one language.

    Args:
        facts: of the campaign.
        plots: names of the plots that were drawn.
        say: translator into the language.
    """
    blocks: list[Block] = [
        Heading(say("Ficha del modelo: {name}", name=facts.name), 1),
        Text(say(PURPOSE_LOCK), strong=True),
    ]
    if facts.is_draft:
        draft = say("Borrador: este modelo no se ha publicado y ninguna entidad lo usa.")
        blocks.append(Text(draft, strong=True))
    blocks.append(Text(say(GENERATED)))
    for section in (_identity, _data, _training, privacy):
        blocks += section(facts, say)
    blocks += quality(facts, plots, say)
    blocks += groups(facts, plots, say)
    blocks += explanation(facts, plots, say)
    return [*blocks, *limits(say), *oversight(say("Supervisión humana"), say), *_end(facts, say)]


def _identity(facts: CardFacts, say: Translator) -> list[Block]:
    rows = (
        (say("Campaña"), facts.campaign_id),
        (say("Red"), facts.network),
        (say("Modelo"), say(model_name(facts.model_kind))),
        (say("Publicado"), NONE if facts.is_draft else day(facts.released, say)),
        (say("Caduca"), day(facts.expires, say)),
        (say("Contacto"), facts.contact),
    )
    return [
        Heading(say("Identificación")),
        Table((say("Dato"), say("Valor")), rows),
        Heading(say("Para qué sirve")),
        Text(
            say(
                "Estima, para cada persona atendida, la probabilidad de: {label}. Ordena una lista para que un "
                "profesional ofrezca antes apoyo a las personas que pueden necesitarlo.",
                label=in_language(facts.label, say.lang),
            )
        ),
        Text(say(_NOT_FOR)),
    ]


def _data(facts: CardFacts, say: Translator) -> list[Block]:
    rows = tuple(
        (in_language(facts.words.field(each.name), say.lang), _values(facts, each, say), each.name)
        for each in facts.features
    )
    return [
        Heading(say("Personas y datos")),
        *_counts(facts, say),
        Terms(((say("Entidades que contribuyeron"), ", ".join(facts.entities)),)),
        Table((say("Variable"), say("Valores"), say("Nombre en el manifiesto")), rows),
        Text(
            say(
                "Los atributos protegidos que aparecen más abajo sirven solo para medir el modelo por grupos; el "
                "modelo no los recibe."
            )
        ),
        Fill(say(FILL_MARK), say("cómo y cuándo se recogieron los datos, y quién podría faltar en ellos.")),
    ]


def _values(facts: CardFacts, feature: FeatureValues, say: Translator) -> str:
    names = (in_language(facts.words.code(feature.name, value), say.lang) for value in feature.values)
    return in_language(feature.bounds, say.lang) or ", ".join(names)


def _counts(facts: CardFacts, say: Translator) -> list[Block]:
    attended = say.plural(
        "Se entrenó con personas atendidas por {n} entidad, sin que sus datos salieran de ella.",
        "Se entrenó con personas atendidas por {n} entidades, sin que sus datos salieran de ellas.",
        len(facts.entities),
    )
    cap = facts.epsilon["assumed"]["people_cap"]
    if cap > 1:
        counting = say("Cada persona cuenta una sola vez, aunque esté en varias entidades (hasta {cap}).", cap=cap)
    else:
        counting = say(
            "Una persona que esté en varias entidades cuenta una vez en cada una: gasta más privacidad, como dice la "
            "tabla de más abajo."
        )
    blocks: list[Block] = [Text(attended), Text(counting)]
    if facts.people_estimate is not None:
        estimated = say(
            "Personas con las que se entrenó: unas {people} (cifra con ruido, hecha dentro del presupuesto de "
            "privacidad).",
            people=people(facts.people_estimate, say),
        )
        blocks.append(Text(estimated))
    return blocks


def _training(facts: CardFacts, say: Translator) -> list[Block]:
    rows = tuple(
        (
            say(_STAGES[StageKind(each.name)]),
            str(each.rounds),
            number(each.noise_multiplier, say.lang, 2),
            say(_PEOPLE[each.people]),
        )
        for each in facts.stages
    )
    head = (say("Etapa"), say("Rondas"), say("Ruido (veces la sensibilidad)"), say("Personas"))
    return [
        Heading(say("Cómo se entrenó")),
        Text(
            say(
                "En cada ronda cada entidad envía una suma enmascarada y con ruido; la Gerencia solo ve la suma de al "
                "menos {cohort} entidades. La persona delegada de protección de datos de cada entidad aprobó antes la "
                "campaña, y el nodo ejecuta solo el código que tiene instalado.",
                cohort=facts.minimum_cohort,
            )
        ),
        Table(head, rows),
    ]


def _end(facts: CardFacts, say: Translator) -> list[Block]:
    return [
        Heading(say("Fin y parada")),
        Text(
            say(
                "El modelo caduca el {expires}; después ningún nodo lo usa. La Gerencia puede pararlo antes en toda la "
                "red, y cada entidad en su nodo, sin pedir permiso.",
                expires=day(facts.expires, say),
            )
        ),
        Terms(((say("Contacto"), facts.contact),)),
        Text(say("Este paquete se comprueba sin fiarse de nadie con: redpact-audit model CARPETA")),
    ]
