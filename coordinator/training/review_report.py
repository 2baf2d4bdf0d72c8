"""A model in review as text: the facts of its release, and each curve bin by bin, in the order that --set takes."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from coordinator.training.campaign_report import release_text
from federated.learning.model_documents import AdditiveModel, Edit, Shape
from federated.release.model_release import ModelRelease
from federated.tabular.features import CategoricalFeature, NumericFeature
from policies.model_words import ModelWords, words_of_features
from presentation import formats, terminal
from presentation.messages import Message, Translator, _, speaking

_HALF_BAR: Final = 12
"""Characters on each side of zero; a bar is full at the largest log-odds of the model."""

_EDITS: Final[Mapping[str, Message]] = {
    "set": _("valores puestos a mano"),
    "monotone:+1": _("solo sube"),
    "monotone:-1": _("solo baja"),
}


def text(draft: ModelRelease, lang: str) -> str:
    """Return a draft for people."""
    say = speaking(lang)
    lines = [say("Borrador: no se ha publicado."), release_text(draft, lang)]
    model = draft.model
    if isinstance(model, AdditiveModel):
        words = words_of_features(feature.name for feature in model.features)
        lines += ["", say("Curvas (efecto de cada tramo en log-odds, y personas con ruido):")]
        largest = max((abs(value) for shape in model.shapes for value in shape.log_odds), default=0.0) or 1.0
        for feature, shape in zip(model.features, model.shapes, strict=True):
            title = say(words.field(shape.feature))
            name = shape.feature if title == shape.feature else f"{title} ({shape.feature})"
            lines += [f"  {name}", *_curve(feature, shape, largest, words, say)]
        lines += _edits(model.edits, words, say)
    return "\n".join(lines)


def _curve(
    feature: NumericFeature | CategoricalFeature, shape: Shape, largest: float, words: ModelWords, say: Translator
) -> Iterator[str]:
    names = list(_bins(feature, shape, words, say))
    width = max(map(len, names))
    for name, value, people in zip(names, shape.log_odds, shape.people, strict=True):
        sign = "+" if value >= 0 else ""
        log_odds, count = sign + formats.number(value, say.lang, 3), formats.number(round(people), say.lang)
        yield f"    {name:<{width}}  {log_odds:>7} {_bar(value / largest)} {count:>8}"


def _bins(
    feature: NumericFeature | CategoricalFeature, shape: Shape, words: ModelWords, say: Translator
) -> Iterator[str]:
    if isinstance(feature, CategoricalFeature):
        yield from (say(words.code(feature.name, str(value))) for value in feature.values)
        yield say("otro")
        return
    ends = (feature.min, *shape.natural_edges(feature), feature.max)
    yield from (say("{low:g} a {high:g}", low=low, high=high) for low, high in pairwise(ends))


def _bar(share: float) -> str:
    filled = round(abs(share) * _HALF_BAR)
    left = ("█" * filled if share < 0 else "").rjust(_HALF_BAR)
    return f"{left}|{('█' * filled if share > 0 else '').ljust(_HALF_BAR)}"


def _edits(edits: tuple[Edit, ...], words: ModelWords, say: Translator) -> list[str]:
    if not edits:
        return []
    head = terminal.paragraph(say("Correcciones a mano (la calidad se midió antes de ellas):"))
    lines = (
        f"{say(words.field(each.feature))}: {say(_EDITS.get(each.how, each.how))}. {each.reason}" for each in edits
    )
    return [
        "",
        head,
        *(terminal.paragraph(f"{place}. {line}", indent=2, hanging=3) for place, line in enumerate(lines, 1)),
    ]
