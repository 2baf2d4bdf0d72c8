"""The kinds of models in the words of people."""

from collections.abc import Mapping
from typing import Final

from presentation.messages import Message, _

_LINEAR: Final = _("lineal (regresión logística)")

MODEL_NAMES: Final[Mapping[str, Message]] = {
    "linear": _LINEAR,
    "logistic": _LINEAR,
    "additive": _("aditivo (una curva por variable)"),
    "neural": _("red neuronal pequeña"),
}
"""By the kind that a trained model states, or the name under which a campaign asks for it."""


def model_name(kind: str) -> str:
    """Return the words of a kind; one that this version does not know stands for itself."""
    return MODEL_NAMES.get(kind, kind)
