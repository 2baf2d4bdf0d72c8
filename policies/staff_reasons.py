"""Why a person's access report may name members of staff: coded, and decided by the data-protection officer."""

from collections.abc import Mapping
from functools import cache

from policies.documents import Entry, Labelled, read_document
from policies.terms import find_term

DOCUMENT = "data/staff_reasons.yaml"


class _Document(Entry):
    version: str
    reasons: Mapping[str, Labelled]


@cache
def load_staff_reasons() -> Mapping[str, Labelled]:
    """Return the reasons by their code.

    Raises:
        PolicyDocumentDamaged: the installed document is unreadable.
    """
    return read_document(DOCUMENT, _Document).reasons


def staff_reason(code: str) -> Labelled:
    """Return a reason.

    Raises:
        UnknownTerm: there is none of that code.
    """
    return find_term("reason to name staff", load_staff_reasons(), code)
