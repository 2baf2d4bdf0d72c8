"""The holder's check of a form that the person signed with their own certificate.

(1) it was sealed to this entity for these terms, and is signed under an authority pinned here
    (`records_exchange.assurance.e_signature`);
(2) the terms that were signed are those of the consent;
(3) the form names the entities as the directory does, so that nobody signed for another one than they read;
(4) the signer is the person whose pseudonym came with the consent, acting alone.
"""

from typing import TYPE_CHECKING, Final

import structlog
from typing_extensions import override

from consent_ledger.log.actors import Actor
from node.consents.assurance.authorities import SignatureAuthorities
from node.consents.assurance.papers import keep_paper, opened_paper
from node.consents.errors import AuthorityInvalid
from node.people.errors import PersonUnknown
from node.people.store import people_store
from policies.assurance import Assurance
from records_exchange.assurance.e_signature import SignedForm, read_signed_form
from records_exchange.assurance.evidence import ElectronicSignature, EvidenceVerifier, Proof, Unproved
from records_exchange.errors import ESignatureUnavailable, FormSignatureInvalid, SealBroken

if TYPE_CHECKING:
    from node.context import NodeContext
    from records_exchange.assurance.evidence import Evidence, EvidenceContext

NO_AUTHORITY: Final = "no_pinned_authority"
OTHER_TERMS: Final = "form_other_terms"
OTHER_NAMES: Final = "form_other_names"
OTHER_SIGNER: Final = "form_other_signer"

_log = structlog.get_logger(__name__)


class SignatureVerifier(EvidenceVerifier):
    """Verifies forms signed with the person's own certificate."""

    def __init__(self, context: "NodeContext") -> None:
        self._context = context

    @override
    def verify(self, evidence: "Evidence", digest: str, context: "EvidenceContext") -> Proof | Unproved:
        if not isinstance(evidence, ElectronicSignature):
            return Unproved("other_kind")
        try:
            paper = opened_paper(self._context, evidence, digest, context)
            authorities = SignatureAuthorities(self._context).certificates()
            if not authorities:
                return Unproved(NO_AUTHORITY, failed=False)
            form = read_signed_form(paper.data, authorities, context.now)
            if reason := self._reason_against(form, digest, context):
                return Unproved(reason)
            keep_paper(self._context, paper, context)
        except (FormSignatureInvalid, SealBroken) as error:
            _log.info("signed_form_refused", origin=context.origin, code=error.code, message=error.message)
            return Unproved(error.code)
        except (ESignatureUnavailable, AuthorityInvalid, PersonUnknown) as error:  # a fault here, not the origin's
            _log.warning("signed_form_not_checked", code=error.code, message=error.message)
            return Unproved(error.code, failed=False)
        return Proof(Assurance.E_SIGNATURE, paper.sha256)

    def _reason_against(self, form: SignedForm, digest: str, context: "EvidenceContext") -> str | None:
        if form.form.terms.digest != digest:
            return OTHER_TERMS
        if not form.form.named_as(self._context.entity_names()):
            return OTHER_NAMES
        document = people_store(self._context, context.session).identity(context.person_ref).document
        signed_alone = form.form.terms.acted_by is Actor.PERSON
        if not signed_alone or (document.kind.value, document.number) != (form.document_kind, form.document):
            return OTHER_SIGNER
        return None
