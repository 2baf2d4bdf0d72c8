"""The reasons for naming members of staff in an access report: coded, chosen by the data-protection officer."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from policies.documents import Labelled, read_reasons
from policies.terms import find_term
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_REASON: Final = _("motivo para nombrar al personal")

DOCUMENT = "data/staff_reasons.yaml"


@cache
def load_staff_reasons() -> Mapping[str, Labelled]:
    """Return the reasons by their code.

    Raises:
        PolicyDocumentDamaged: the installed document is unreadable.
    """
    return read_reasons(DOCUMENT)


def staff_reason(code: str) -> Labelled:
    """Return a reason.

    Raises:
        UnknownTerm: there is none of that code.
    """
    return find_term(_REASON, load_staff_reasons(), code)
