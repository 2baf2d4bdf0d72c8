"""The reasons for withholding a field or refusing a request: codes for machines, a sentence for people."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache

from policies.documents import Entry, Labelled, read_document


class ReasonCode(StrEnum):
    """A reason. None tells whether a value exists, to an asker that may not see it."""

    NOT_CONSENTED = "not_consented"
    NOT_RECORDED = "not_recorded"
    NOT_SHARED = "not_shared"
    EXPLICIT_ACT_NEEDED = "explicit_act_needed"
    ROLE_NOT_ALLOWED = "role_not_allowed"
    PURPOSE_NOT_ALLOWED = "purpose_not_allowed"
    OUTSIDE_PURPOSE = "outside_purpose"
    RECIPIENT_NOT_ALLOWED = "recipient_not_allowed"
    CASE_ACCESS_NOT_ALLOWED = "case_access_not_allowed"
    UNKNOWN_FIELD = "unknown_field"
    NOTHING_TO_SHARE = "nothing_to_share"
    IDENTITY_DOUBT = "identity_doubt"
    """Of a whole request that would be answered: the two entities may speak of different people."""
    DECISION_FAILED = "decision_failed"

    def label(self, lang: str = "es") -> str:
        """Return the sentence in a language: English for ``en``, else Spanish.

        Raises:
            PolicyDocumentDamaged: the installed documents are unreadable.
        """
        return load_reasons()[self].label(lang)


class _Document(Entry):
    version: str
    reasons: Mapping[ReasonCode, Labelled]


@cache
def load_reasons() -> Mapping[ReasonCode, Labelled]:
    """Return the sentence of each reason.

    Raises:
        PolicyDocumentDamaged: the installed documents are unreadable.
    """
    return read_document("data/reasons.yaml", _Document).reasons


def reason_label(reason: str, lang: str = "es") -> str:
    """Return the sentence of a reason received from a peer; one that this version does not know stands for itself."""
    try:
        return ReasonCode(reason).label(lang)
    except ValueError:
        return reason
