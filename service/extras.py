"""The optional libraries of training, which an entity that only exchanges data does not install."""

from importlib.util import find_spec
from typing import Final

from presentation.messages import _, listing
from service.errors import ExtraMissing

TRAINING_LIBRARIES: Final = ("flwr", "opacus", "opendp", "torch")
"""What the extra ``federated`` brings beyond the rest of the program; a test compares it with ``pyproject.toml``."""


def missing_training_libraries() -> tuple[str, ...]:
    """Return the libraries of training that are not installed here."""
    return tuple(name for name in TRAINING_LIBRARIES if not _is_installed(name))


def require_training() -> None:
    """Check that this installation can take part in training.

    Raises:
        ExtraMissing: it was installed without the extra ``federated``.
    """
    missing = missing_training_libraries()
    if missing:
        raise training_missing(missing)


def training_missing(libraries: tuple[str, ...]) -> ExtraMissing:
    """Return the error that names libraries of training that are not installed."""
    return ExtraMissing(
        _("aquí no están instaladas las bibliotecas de entrenamiento: {libraries}", libraries=listing(libraries)),
        remedy=_("instálelas con: pip install 'redpact[federated]'"),
    )


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ImportError:
        return False
