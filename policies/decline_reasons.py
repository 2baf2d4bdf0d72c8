"""The reasons for which a professional declines a consent given at another entity."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from policies.documents import Entry, Labelled, read_document
from policies.terms import find_term
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_REASON: Final = _("motivo para no confirmar un consentimiento")

DOCUMENT = "data/decline_reasons.yaml"


class DeclineReason(Labelled):
    """A reason.

    Attributes:
        told: whether the entity that sent the consent hears it.
    """

    told: bool


class _Document(Entry):
    version: str
    reasons: Mapping[str, DeclineReason]


@cache
def load_decline_reasons() -> Mapping[str, DeclineReason]:
    """Return the reasons by their code.

    Raises:
        PolicyDocumentDamaged: the installed document is unreadable.
    """
    return read_document(DOCUMENT, _Document).reasons


def decline_reason(code: str) -> DeclineReason:
    """Return a reason.

    Raises:
        UnknownTerm: there is none of that code.
    """
    return find_term(_REASON, load_decline_reasons(), code)


def decline_label(code: str, lang: str = "es") -> str:
    """Return the words of a reason; one that this version does not know stands for itself."""
    known = load_decline_reasons().get(code)
    return known.label(lang) if known else code
