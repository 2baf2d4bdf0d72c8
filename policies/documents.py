"""Reading the documents bundled with this package, each checked against a model before anything uses it."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from policies.errors import PolicyDocumentDamaged
from policies.strict_reading import read_yaml
from presentation.faults import first_fault, os_fault, parse_fault
from presentation.messages import Message, _, bilingual

BUNDLE: Final = Path(__file__).parent
"""The folder of this package; the documents lie beside the code and are installed with it."""

_REMEDY: Final = _("reinstale RedPACT")
_Model = TypeVar("_Model", bound=BaseModel)


class Entry(BaseModel):
    """A value of a policy document: immutable, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Labelled(Entry):
    """Something with a name for people, in Spanish and English."""

    es: str = Field(min_length=1, max_length=300)
    en: str = Field(min_length=1, max_length=300)

    def label(self, lang: str = "es") -> str:
        """Return the name in a language: English for ``en``, else Spanish."""
        return self.en if lang == "en" else self.es

    @property
    def title(self) -> Message:
        """The name in the language of its reader."""
        return bilingual(self.es, self.en)


class ReasonList(Entry):
    """A list of coded reasons."""

    version: str
    reasons: Mapping[str, Labelled]


def read_bytes(name: str) -> bytes:
    """Return the bytes of a bundled file, by its path inside the package.

    Raises:
        PolicyDocumentDamaged: it is missing or unreadable.
    """
    try:
        return (BUNDLE / name).read_bytes()
    except OSError as error:
        raise PolicyDocumentDamaged(_("{name}: {fault}", name=name, fault=os_fault(error)), remedy=_REMEDY) from error


def read_text(name: str) -> str:
    """Return the text of a bundled file.

    Raises:
        PolicyDocumentDamaged: it is missing, unreadable or not UTF-8.
    """
    try:
        return read_bytes(name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise PolicyDocumentDamaged(_("{name}: no está en UTF-8", name=name), remedy=_REMEDY) from error


def read_document(name: str, model: type[_Model]) -> _Model:
    """Parse a bundled YAML file into its model.

    Raises:
        PolicyDocumentDamaged: it is missing, is no YAML, or breaks a rule of the model.
    """
    return parse_document(name, read_text(name), model)


def read_reasons(name: str) -> Mapping[str, Labelled]:
    """Return the reasons of a bundled list by their code.

    Raises:
        PolicyDocumentDamaged: it is missing, is no YAML, or is no list of reasons.
    """
    return read_document(name, ReasonList).reasons


def parse_document(name: str, text: str, model: type[_Model]) -> _Model:
    """Parse YAML text into its model; `name` is for the error only.

    Raises:
        PolicyDocumentDamaged: it is no YAML, or breaks a rule of the model.
    """
    try:
        return model.model_validate(read_yaml(text))
    except ValidationError as error:
        fault = first_fault(error)
        raise PolicyDocumentDamaged(_("{name}: {fault}", name=name, fault=fault), remedy=_REMEDY) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a key twice, or an impossible date
        raise PolicyDocumentDamaged(
            _("{name}: {fault}", name=name, fault=parse_fault(error)), remedy=_REMEDY
        ) from error


def digest(names: Iterable[str]) -> str:
    """Return the SHA-256, hex, of several bundled files: each name and content with its length before it."""
    state = hashlib.sha256()
    for name in names:
        for part in (name.encode(), read_bytes(name)):
            state.update(len(part).to_bytes(8, "big"))
            state.update(part)
    return state.hexdigest()
