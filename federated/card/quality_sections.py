"""The sections of the model card on quality (overall, by groups, beside an entity's own model) and explanations."""

from typing import Final

from federated.card.blocks import Block, Figure, Heading, Table, Terms, Text
from federated.card.facts import CardFacts
from federated.card.figure_text import HIDDEN, NONE, estimate, flags, group_name, people, share
from federated.card.plots import CAPTIONS, caption_of_shape
from federated.evaluation.measurement import GroupFigures, Measurement
from federated.evaluation.recalibration import Recalibration
from presentation.formats import number, percent
from presentation.messages import Translator, _, in_language

_CORRECTIONS: Final = {
    "set": _("valores puestos a mano"),
    "monotone:+1": _("la curva más próxima que solo sube"),
    "monotone:-1": _("la curva más próxima que solo baja"),
}
_AUC: Final = _("AUC (0,5 es azar, 1 es perfecto)")
_RECALL: Final = _("Personas con el resultado que se alcanzan")
_RATE: Final = _("Proporción con el resultado")
_GROUP_HEAD: Final = (
    _("Grupo"),
    _("Personas"),
    _RATE,
    _AUC,
    _RECALL,
    _("Señaladas entre quienes no tienen el resultado"),
    _("Observado menos esperado"),
)


def quality(facts: CardFacts, plots: tuple[str, ...], say: Translator) -> list[Block]:
    """Return the section on the quality for everybody."""
    found = facts.measurement
    blocks: list[Block] = [Heading(say("Calidad"))]
    if found.auc is None or found.recall is None:
        return [*blocks, Text(say("Muy pocas personas, o demasiado ruido, para medir la calidad."))]
    measured = say(
        "Medida con unas {people} personas que no se usaron para entrenar, en una sola suma con ruido. Cada cifra "
        "lleva su intervalo del 95 %, que incluye el ruido de privacidad y el azar de la muestra.",
        people=people(found.people.value, say),
    )
    reached = say(
        "Si el servicio atiende al {capacity} con puntuación más alta, llega a {recall} de las personas que tendrán el "
        "resultado.",
        capacity=percent(found.capacity, say.lang, 0),
        recall=share(found.recall, say),
    )
    return [
        *blocks,
        Text(measured),
        Text(_counted_noise(found.noise_found, say)),
        Text(reached),
        Table((say("Medida"), say("Valor")), _figures(found, say)),
        *_plots(plots, ("roc", "calibration"), say),
        Text(_recalibration(facts.recalibration, say)),
    ]


def _counted_noise(factor: float | None, say: Translator) -> str:
    if factor is None:
        return say(
            "El ruido que cuentan los intervalos es el prometido. Si alguna entidad añadió más por su cuenta, aquí no "
            "se ve, y los intervalos son más estrechos de lo debido."
        )
    if factor <= 1.0:
        return say("En la propia suma no se ve más ruido que el prometido, y ese cuentan los intervalos.")
    return say(
        "En la propia suma se ve {factor} veces el ruido prometido, por azar o porque alguna entidad añadió más por su "
        "cuenta, y ese cuentan los intervalos.",
        factor=number(factor, say.lang, 2),
    )


def _figures(found: Measurement, say: Translator) -> tuple[tuple[str, str], ...]:
    return (
        (say(_RATE), share(found.rate, say)),
        (say(_AUC), estimate(found.auc, say)),
        (say(_RECALL), share(found.recall, say)),
        (say("Aciertos entre las personas señaladas"), share(found.precision, say)),
        (say("Error de calibración"), share(found.calibration_error, say)),
        (say("Umbral de la capacidad"), percent(found.threshold, say.lang)),
    )


def _recalibration(corrected: Recalibration | None, say: Translator) -> str:
    if corrected is None:
        return say("Las probabilidades se usan como salen del modelo, sin recalibrar.")
    return say(
        "Las probabilidades publicadas se corrigen con dos números ajustados a estas mismas cuentas (constante "
        "{intercept}, pendiente {slope}); el orden de las personas no cambia.",
        intercept=number(corrected.intercept, say.lang, 2),
        slope=number(corrected.slope, say.lang, 2),
    )


def groups(facts: CardFacts, plots: tuple[str, ...], say: Translator) -> list[Block]:
    """Return the section on protected groups."""
    found = facts.measurement.groups
    if not found:
        return [Heading(say("Por grupos")), Text(say("No se midió por grupos."))]
    noticed = flags(facts, say)
    unnoticed = Text(
        say(
            "Ningún grupo mostrado se aparta del total más de lo que explican el ruido y el azar. No prueba que no "
            "haya diferencias."
        )
    )
    shown = say(
        "Los grupos de menos de {least} personas no se muestran, ni aquellos en que el ruido tapa la cifra. Un guion "
        "dice que hay demasiado pocos casos para esa medida.",
        least=facts.least_people,
    )
    return [
        Heading(say("Por grupos")),
        Text(shown),
        Table(tuple(say(name) for name in _GROUP_HEAD), tuple(_group_row(facts, each, say) for each in found)),
        *_plots(plots, ("groups-recall", "groups-calibration"), say),
        Heading(say("Grupos que mirar"), 3),
        Terms(noticed) if noticed else unnoticed,
    ]


def _group_row(facts: CardFacts, group: GroupFigures, say: Translator) -> tuple[str, ...]:
    if group.hidden is not None or group.people is None:
        reason = say(HIDDEN[group.hidden]) if group.hidden else NONE
        return (group_name(facts, group, say), reason, NONE, NONE, NONE, NONE, NONE)
    shares = (group.recall, group.false_positive_rate, group.calibration_gap)
    return (
        group_name(facts, group, say),
        people(group.people.value, say),
        share(group.rate, say),
        estimate(group.auc, say),
        *(share(each, say) for each in shares),
    )


def explanation(facts: CardFacts, plots: tuple[str, ...], say: Translator) -> list[Block]:
    """Return the section on the weight of each feature in the score."""
    heading = Heading(say("Qué pesa en la puntuación"))
    if facts.model_kind == "neural":
        text = say(
            "Una red neuronal no tiene una curva por variable; las razones de cada caso se calculan aparte y son "
            "aproximadas."
        )
        return [heading, Text(text)]
    scale = say(
        "Hacia arriba o hacia la derecha sube la puntuación. Cada unidad de efecto multiplica por 2,7 cuántas personas "
        "con el resultado hay por cada una sin él (es el logaritmo de esa razón, «log-odds» en inglés). En cada caso, "
        "el profesional ve las razones de esa persona. Una razón no es una causa."
    )
    shapes = [
        Figure(f"shape-{place:02d}", caption_of_shape(facts, each, say))
        for place, each in enumerate(facts.shapes, start=1)
    ]
    return [heading, Text(scale), *_plots(plots, ("coefficients",), say), *shapes, *_corrections(facts, say)]


def _corrections(facts: CardFacts, say: Translator) -> list[Block]:
    if not facts.edits:
        return []
    rows = tuple(
        (in_language(facts.words.field(feature), say.lang), say(_CORRECTIONS.get(how, _CORRECTIONS["set"])), reason)
        for feature, how, reason in facts.edits
    )
    explained = say(
        "Después del entrenamiento, una persona corrigió estas curvas. No miró datos de nadie, por lo que no gasta "
        "privacidad. La calidad que aparece arriba se midió antes de corregir."
    )
    return [
        Heading(say("Correcciones a mano"), 3),
        Text(explained),
        Table((say("Variable"), say("Qué se hizo"), say("Motivo")), rows),
    ]


def _plots(plots: tuple[str, ...], names: tuple[str, ...], say: Translator) -> list[Block]:
    return [Figure(name, say(CAPTIONS[name])) for name in names if name in plots]
