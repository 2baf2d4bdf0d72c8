"""The findings of a holder in the evidence of a consent, as its ledger records them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from consent_ledger.log.given_elsewhere import ConsentOrigin, ProofFound
from node.consents.assurance.verifiers import WAITS
from records_exchange.assurance.arrivals import Arrival
from records_exchange.assurance.evidence import Evidence, EvidenceContext, FormScan, Proof, Unproved, Verifiers
from records_exchange.assurance.terms import ConsentTerms

if TYPE_CHECKING:
    from consent_ledger.log.bodies import ConsentBody
    from records_exchange.travel import CopyBody


@dataclass(frozen=True, slots=True)
class Findings:
    """The proofs of a consent given elsewhere; without any there is its origin's word.

    Attributes:
        terms_sha256: digest of the terms that the evidence is over.
        proofs: those found good.
        unproved: the reason of the first evidence that proves nothing; None when there is none.
        failed: whether an evidence failed that should have proved something.
        form_sha256: digest of the scan of the signed form that is kept for a professional.
        declined: the reason for which a professional declined an earlier, wider version.
    """

    terms_sha256: str
    proofs: tuple[ProofFound, ...] = ()
    unproved: str | None = None
    failed: bool = False
    form_sha256: str | None = None
    declined: str | None = None

    @property
    def arrival(self) -> Arrival:
        """The class by which the arrival is counted."""
        if self.proofs:
            return Arrival.PROVED
        if self.failed:
            return Arrival.FAILED
        return Arrival.FORM if self.form_sha256 else Arrival.DECLARED

    def carried_from(self, origin: ConsentOrigin) -> "Findings":
        """Return these with the findings of a version that was at least as wide: the same act of the person."""
        new = {proof.evidence_sha256 for proof in self.proofs}
        kept = tuple(proof for proof in origin.proofs or () if proof.evidence_sha256 not in new)
        return replace(
            self,
            proofs=kept + self.proofs,
            form_sha256=self.form_sha256 or origin.form_sha256,
            declined=origin.declined,
        )


def bound_terms(sent: "CopyBody", record: "ConsentBody") -> ConsentTerms:
    """Return the terms that the evidence is over: those of the consent, or wider ones of the same act.

    Terms that the consent is not within bind nothing: the evidence is then compared with those of the consent, and
    fails.
    """
    terms = ConsentTerms.of(record)
    return sent.terms if sent.terms is not None and terms.within(sent.terms) else terms


def examine(
    verifiers: Verifiers, evidence: Sequence[Evidence], consent: EvidenceContext, *, form: str | None
) -> Findings:
    """Check every evidence of a consent.

    Args:
        verifiers: by kind of evidence.
        evidence: as it came.
        consent: the consent to be proved.
        form: digest of the signed form in the origin's ledger; a scan of another is not the one that was signed.
    """
    digest, found = consent.terms.digest, Findings(consent.terms.digest)
    for each in evidence:
        verifier = verifiers.get(each.kind)
        other_form = isinstance(each, FormScan) and each.sha256 != form
        outcome = Unproved("other_kind") if verifier is None or other_form else verifier.verify(each, digest, consent)
        found = _with(found, each, outcome)
    return found


def _with(found: Findings, evidence: Evidence, outcome: Proof | Unproved) -> Findings:
    if isinstance(outcome, Proof):
        proof = ProofFound(
            assurance=outcome.assurance,
            terms_sha256=found.terms_sha256,
            evidence_sha256=outcome.evidence_sha256,
            ceiling=outcome.ceiling,
            purposes=None if outcome.purposes is None else tuple(sorted(outcome.purposes)),
        )
        return replace(found, proofs=(*found.proofs, proof))
    if outcome.reason == WAITS and isinstance(evidence, FormScan):
        return replace(found, form_sha256=evidence.sha256)
    return replace(found, unproved=found.unproved or outcome.reason, failed=found.failed or outcome.failed)
