"""The sentences that no figure changes: purpose, limits, human oversight. Card and assessment share some of them."""

from typing import Final

from federated.card.blocks import Block, Fill, Heading, Terms
from presentation.messages import Translator, _

PURPOSE_LOCK: Final = _(
    "Este modelo sirve solo para ofrecer apoyo. Nunca para sancionar, denegar, reducir o inspeccionar una prestación."
)
GENERATED: Final = _(
    "Este documento se ha generado a partir de los datos firmados de la campaña. Lo marcado con ☐ deben completarlo "
    "personas."
)
FILL_MARK: Final = _("Complétese:")

_LIMITS: Final = (
    _("Aprende de lo que las entidades registraron: también de sus sesgos y huecos."),
    _("Dice poco de una persona concreta: muchas con puntuación alta no tendrán el resultado, y al revés."),
    _("En grupos pequeños, o no mostrados, no se sabe si funciona."),
    _(
        "La calidad se mide por tramos de puntuación: la puntuación media de cada tramo se conoce solo hasta su "
        "anchura."
    ),
    _("Envejece: cada nodo compara las puntuaciones de hoy con las medidas y avisa si han cambiado."),
)
_OVERSIGHT: Final = (
    _("Un profesional decide siempre, con las razones y la incertidumbre delante."),
    _(
        "Puede apartarse de la puntuación con un motivo; se vigila con qué frecuencia ocurre, porque un 0 % sería mala "
        "señal."
    ),
    _("La persona puede pedir explicación, oponerse y reclamar."),
    _("La puntuación se calcula en el nodo y no se guarda en la historia social compartida."),
)


def limits(say: Translator) -> list[Block]:
    """Return the limits of every model, and a blank for those that people know of."""
    return [
        Heading(say("Límites")),
        Terms(tuple(("", say(text)) for text in _LIMITS)),
        Fill(say(FILL_MARK), say("situaciones conocidas en que no debe usarse.")),
    ]


def oversight(heading: str, say: Translator) -> list[Block]:
    """Return the rights of professionals and of persons over a score, under a heading."""
    return [
        Heading(heading),
        Terms(tuple(("", say(text)) for text in _OVERSIGHT)),
        Fill(say(FILL_MARK), say("quién supervisa en su entidad, con qué formación y tiempo.")),
    ]
