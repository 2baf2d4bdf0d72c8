"""Values of a table that its schema does not allow: counted in the open, so that none turns to nothing unseen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from federated.errors import TableInvalid
from federated.tabular.features import CategoricalFeature, FeatureSpec, LabelSpec, Value, category_text, finite_number
from presentation.messages import _, listing

_SHOWN: Final = 5
_LONGEST: Final = 20


@dataclass(frozen=True, slots=True)
class UnreadValues:
    """One feature's values that the schema does not allow, counted by what becomes of them.

    Attributes:
        feature: its name.
        unlisted: rows with a value outside the list; they count as none.
        cut: rows with a number outside the bounds; it is moved to the nearer bound.
        empty: rows without a value.
    """

    feature: str
    unlisted: int = 0
    cut: int = 0
    empty: int = 0


def unread_values(rows: Sequence[Mapping[str, Value]], features: Sequence[FeatureSpec]) -> tuple[UnreadValues, ...]:
    """Return the features that have values which cannot be used as they are, with the number of rows.

    Raises:
        TableInvalid: a feature has no usable value in any row; then the schema is not the table's.
    """
    found = [_of_feature(rows, feature) for feature in features]
    useless = [each.feature for each in found if rows and each.unlisted + each.empty == len(rows)]
    if useless:
        raise TableInvalid(
            _("ninguna fila tiene un valor que se pueda usar en: {useless}", useless=listing(useless)),
            remedy=_("compruebe las listas de valores del esquema, y cómo están escritos en la tabla"),
        )
    return tuple(each for each in found if each.unlisted or each.cut or each.empty)


def _of_feature(rows: Sequence[Mapping[str, Value]], feature: FeatureSpec) -> UnreadValues:
    texts = [str(category_text(row[feature.name])) for row in rows]
    empty = texts.count("")
    if isinstance(feature, CategoricalFeature):
        return UnreadValues(
            feature.name, unlisted=sum(text not in feature.values for text in texts if text), empty=empty
        )
    numbers = (finite_number(text) for text in texts if text)
    return UnreadValues(
        feature.name, cut=sum(not feature.min <= number <= feature.max for number in numbers), empty=empty
    )


def require_two_outcomes(rows: Sequence[Mapping[str, Value]], label: LabelSpec, negative: Sequence[str] = ()) -> None:
    """Check that a label is written in two ways only: the positive value, and one other, or those of `negative`.

    Raises:
        TableInvalid: no row is positive, or a value is neither; ``sí`` beside ``1`` would count as a no.
    """
    counts = Counter(text for row in rows if (text := str(category_text(row[label.name]))))
    others = [text for text in counts if text != label.positive]
    if not counts[label.positive]:
        raise TableInvalid(
            _(
                "etiqueta {label!r}: ninguna fila tiene el valor positivo {positive!r}",
                label=label.name,
                positive=label.positive,
            ),
            remedy=_("corrija el valor positivo del esquema, o cómo está escrito en la tabla"),
        )
    unknown = [text for text in others if text not in negative] if negative else others if len(others) > 1 else []
    if unknown:
        shown = [f"{text[:_LONGEST]!r} ({counts[text]})" for text in unknown[:_SHOWN]]
        raise TableInvalid(
            _("etiqueta {label!r}: valores desconocidos: {shown}", label=label.name, shown=listing(shown)),
            remedy=_("unifique cómo está escrita, o indique en el esquema los valores negativos: negative: [...]"),
        )
