"""The kinds of evidence that this version checks: one line each."""

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from node.cards.verifier import PersonCodeVerifier
from node.consents.assurance.papers import keep_paper, opened_paper
from node.consents.assurance.signature_verifier import SignatureVerifier
from node.people.errors import PersonUnknown
from records_exchange.assurance.evidence import EvidenceVerifier, FormScan, Unproved, Verifiers
from records_exchange.errors import SealBroken

if TYPE_CHECKING:
    from node.context import NodeContext
    from records_exchange.assurance.evidence import Evidence, EvidenceContext, Proof

WAITS: Final = "waits_for_confirmation"
"""A signed form came: it proves nothing until a professional has looked at it."""


def evidence_verifiers(context: "NodeContext") -> Verifiers:
    """Return the verifiers by kind of evidence."""
    return {
        "form_scan": FormVerifier(context),
        "person_code": PersonCodeVerifier(context),
        "e_signature": SignatureVerifier(context),
    }


class FormVerifier(EvidenceVerifier):
    """Opens the scan of a signed form and keeps it for a professional."""

    def __init__(self, context: "NodeContext") -> None:
        self._context = context

    @override
    def verify(self, evidence: "Evidence", digest: str, context: "EvidenceContext") -> "Proof | Unproved":
        if not isinstance(evidence, FormScan):
            return Unproved("other_kind")
        try:
            keep_paper(self._context, opened_paper(self._context, evidence, digest, context), context)
        except SealBroken as error:
            return Unproved(error.code)
        except PersonUnknown:  # erased since the index was made
            return Unproved("person_unknown", failed=False)
        return Unproved(WAITS, failed=False)
