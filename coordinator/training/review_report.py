"""A model in review as text: what it rests on, and each curve bin by bin, in the order in which --set takes them."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from coordinator.training.campaign_report import release_text
from federated.learning.model_documents import AdditiveModel, Edit, Shape
from federated.release.model_release import ModelRelease
from federated.tabular.features import CategoricalFeature, NumericFeature

_HALF_BAR: Final = 12
"""Characters on each side of zero; a bar is full at the largest log-odds of the model."""

_DONE: Final = {
    "set": ("valores puestos a mano", "values set by hand"),
    "monotone:+1": ("solo sube", "only rises"),
    "monotone:-1": ("solo baja", "only falls"),
}


def text(draft: ModelRelease, lang: str) -> str:
    """Return a draft for people."""

    def say(es: str, en: str) -> str:
        return en if lang == "en" else es

    lines = [say("Borrador: no se ha publicado.", "Draft: not released."), release_text(draft, lang)]
    model = draft.model
    if isinstance(model, AdditiveModel):
        lines += ["", say("Curvas (log-odds por tramo, personas con ruido):", "Curves (log-odds, noisy people):")]
        largest = max((abs(value) for shape in model.shapes for value in shape.log_odds), default=0.0) or 1.0
        for feature, shape in zip(model.features, model.shapes, strict=True):
            lines += [f"  {shape.feature}", *_curve(feature, shape, largest, say)]
        lines += _edits(model.edits, say)
    return "\n".join(lines)


def _curve(
    feature: NumericFeature | CategoricalFeature, shape: Shape, largest: float, say: Callable[[str, str], str]
) -> Iterator[str]:
    names = list(_bins(feature, shape, say))
    width = max(map(len, names))
    for name, value, people in zip(names, shape.log_odds, shape.people, strict=True):
        yield f"    {name:<{width}}  {value:+7.3f} {_bar(value / largest)} {people:8.0f}"


def _bins(feature: NumericFeature | CategoricalFeature, shape: Shape, say: Callable[[str, str], str]) -> Iterator[str]:
    if isinstance(feature, CategoricalFeature):
        yield from (str(value) for value in feature.values)
        yield say("otro", "other")
        return
    ends = (feature.min, *shape.natural_edges(feature), feature.max)
    yield from (f"{low:g} - {high:g}" for low, high in pairwise(ends))


def _bar(share: float) -> str:
    filled = round(abs(share) * _HALF_BAR)
    left = ("█" * filled if share < 0 else "").rjust(_HALF_BAR)
    return f"{left}|{('█' * filled if share > 0 else '').ljust(_HALF_BAR)}"


def _edits(edits: tuple[Edit, ...], say: Callable[[str, str], str]) -> list[str]:
    if not edits:
        return []
    head = say(
        "Correcciones a mano (la calidad se midió antes de ellas):",
        "Corrections by hand (quality was measured before them):",
    )
    lines = (f"{each.feature}: {say(*_DONE.get(each.how, (each.how, each.how)))}. {each.reason}" for each in edits)
    return ["", head, *(f"  {place}. {line}" for place, line in enumerate(lines, 1))]
