"""The reasons of a professional for setting a risk aside: coded, so that no free text about anybody is kept."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from policies.documents import Labelled, read_reasons
from policies.terms import find_term
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_REASON: Final = _("motivo para descartar un riesgo")

DOCUMENT = "data/risk_reasons.yaml"


@cache
def load_risk_reasons() -> Mapping[str, Labelled]:
    """Return the reasons by their code.

    Raises:
        PolicyDocumentDamaged: the installed document is unreadable.
    """
    return read_reasons(DOCUMENT)


def risk_reason(code: str) -> Labelled:
    """Return a reason.

    Raises:
        UnknownTerm: there is none of that code.
    """
    return find_term(_REASON, load_risk_reasons(), code)
