"""The names of a model's inputs, outcome, protected attributes and codes, for every card, report and list.

A document for people shows ``Sexo: mujer``, never ``sex: f``. A table of an entity has no names here: its columns and
values are shown as its schema writes them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from policies.catalogue import load_catalogue
from policies.codes import load_codes
from policies.training_features import CategoricalFeature, load_training_features
from presentation.messages import joined

_BETWEEN: Final = "="
"""Between feature and code in the name of an encoded column, see `federated.tabular.features`."""


@dataclass(frozen=True, slots=True)
class ModelWords:
    """Names in Spanish and English; what has none is shown as it is written.

    Attributes:
        fields: feature, outcome or attribute -> name.
        codes: (field, code) -> name.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def field(self, name: str) -> str:
        """Return the name of a feature, an outcome or an attribute, as a message where there is one."""
        return self.fields.get(name, name)

    def code(self, name: str, code: str) -> str:
        """Return the name of a code of a field."""
        return self.codes.get((name, code), code)

    def pair(self, name: str, code: str) -> str:
        """Return a field with one of its codes: ``Sexo: mujer``."""
        return joined([self.field(name), self.code(name, code)], ": ")

    def column(self, column: str) -> str:
        """Return an encoded column of a feature: its name, with the code that the column stands for."""
        name, between, code = column.partition(_BETWEEN)
        return self.pair(name, code) if between else self.field(name)


PLAIN_WORDS: Final = ModelWords()
"""No names: everything is shown as it is written."""


def words_of_features(names: Iterable[str]) -> ModelWords:
    """Return the network's words when every feature is one of its own, else no names: a table has other columns."""
    own = {each.name for each in load_training_features().features}
    return load_model_words() if own.issuperset(names) else PLAIN_WORDS


@cache
def load_model_words() -> ModelWords:
    """Return the names of the network's own features, outcome, protected attributes and their codes.

    Raises:
        PolicyDocumentDamaged: a bundled document is unreadable.
    """
    chosen, lists = load_training_features(), load_codes()
    coded = {each.name: each.codes for each in chosen.features if isinstance(each, CategoricalFeature)}
    for each in chosen.protected:
        codes = load_catalogue().field(each.source).codes
        if codes is not None:
            coded[each.name] = codes
    fields = {each.name: each.title for each in (*chosen.features, *chosen.protected, chosen.label)}
    codes_of = {(name, code.code): code.title for name, codes in coded.items() for code in lists.list(codes).codes}
    return ModelWords(fields, codes_of)
