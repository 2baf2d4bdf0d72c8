"""Consents given elsewhere in an audit: what was found of the person's will opened what was released. Check 18.

The policy compared with is the one that the ledger itself put in force before the release (decision 0025).
"""

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from consent_ledger.audit.feature import AuditRun, Feature, FeatureChecks, Reader
from consent_ledger.audit.features.consents import ConsentHistory
from consent_ledger.audit.report import NumberedCheck
from consent_ledger.audit.story import Section, Story
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.audit.words import Glossary
from consent_ledger.consents.assured import opened_fields, strongest
from consent_ledger.log.bodies import ConsentBody, PolicyChangedBody, ReleaseBody
from consent_ledger.log.entry import Body, EntryType
from consent_ledger.log.given_elsewhere import ConfirmationBody, ConsentOrigin, ProofFound
from policies.assurance import POLICY_CODE, Assurance, AssurancePolicy, assurance_label, default_policy
from policies.catalogue import load_catalogue
from policies.errors import AssurancePolicyInvalid
from presentation.messages import _, listing


@dataclass(slots=True)
class _GivenElsewhere:
    """A consent given elsewhere, at one place of the log."""

    fields: frozenset[str]
    origin: ConsentOrigin


class AssuranceChecks(FeatureChecks):
    """Compares each release with the assurance of its consents and the policy in force. Check 18."""

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._check = self.report.check("assurance")
        self._history = run.part(ConsentHistory)
        self._elsewhere: dict[str, _GivenElsewhere] = {}
        self._policy: AssurancePolicy | None = None

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {
            ConsentBody: self._consent,
            ConfirmationBody: self._confirmation,
            PolicyChangedBody: self._changed,
            ReleaseBody: self._release,
        }

    def opened(self, consent_id: str, purpose: str, recipient: str) -> frozenset[str] | None:
        """Return the fields that a consent given elsewhere opens; None of one given here, or of before any policy."""
        known = self._elsewhere.get(consent_id)
        if known is None or (self._policy is None and known.origin.proofs is None):
            return None
        policy = self._policy or default_policy()
        return opened_fields(known.fields, known.origin, policy, purpose=purpose, recipient=recipient)

    def declined(self, consent_id: str) -> bool:
        """Return whether a professional declined a consent given elsewhere."""
        known = self._elsewhere.get(consent_id)
        return known is not None and known.origin.declined is not None

    def _consent(self, entry: AuditedEntry, body: ConsentBody) -> None:
        if body.origin is None:
            return
        self._elsewhere[body.consent_id] = _GivenElsewhere(frozenset(body.fields), body.origin)
        if self._policy is None and body.origin.proofs is not None:
            self._check.fail("policy_missing", _("No consta qué garantía pedía la entidad."), index=entry.index)

    def _confirmation(self, entry: AuditedEntry, body: ConfirmationBody) -> None:
        known = self._elsewhere.get(body.consent_id)
        if known is None:
            if not self._history.bodies_lost:
                self._unfounded(entry)
            return
        origin = known.origin
        if (origin.index, origin.form_sha256) != (body.origin_index, body.form_sha256):
            self._unfounded(entry)
            return
        if entry.leaf.type is EntryType.CONSENT_DECLINED:
            known.origin = origin.model_copy(update={"declined": body.reason or "declined"})
            return
        proof = ProofFound(
            assurance=Assurance.CONFIRMED, terms_sha256=body.terms_sha256, evidence_sha256=body.form_sha256
        )
        known.origin = origin.model_copy(update={"proofs": (*(origin.proofs or ()), proof), "declined": None})

    def _unfounded(self, entry: AuditedEntry) -> None:
        self._check.fail(
            "confirmation_unfounded",
            _("Se decidió sobre un consentimiento sin su formulario, o sobre otra versión."),
            index=entry.index,
        )

    def _changed(self, entry: AuditedEntry, body: PolicyChangedBody) -> None:
        if body.policy != POLICY_CODE:
            return
        text = body.document or ""
        try:
            policy = AssurancePolicy.read(text)
        except AssurancePolicyInvalid as error:
            self._check.fail("policy_invalid", error.message, index=entry.index)
            policy = default_policy()
        if hashlib.sha256(text.encode()).hexdigest() != body.new_sha256:
            self._check.fail("policy_differs", _("La política no es la del hash anotado."), index=entry.index)
        self._policy = policy
        if policy.lowered:
            self._check.warn(
                "policy_lowered",
                _(
                    "Desde aquí, la palabra de otra entidad bastaba para datos {levels}.",
                    levels=listing(policy.lowered),
                ),
                index=entry.index,
            )

    def _release(self, entry: AuditedEntry, body: ReleaseBody) -> None:
        elsewhere = [self._elsewhere[name] for name in body.consents if name in self._elsewhere]
        if not elsewhere:
            return
        self._check.examined += 1
        policy = self._policy or default_policy()
        opened = self._given_here(body)
        for consent in elsewhere:
            opened |= opened_fields(
                consent.fields, consent.origin, policy, purpose=body.purpose, recipient=body.recipient
            )
        catalogue = load_catalogue()
        closed = sorted(field for field in body.fields if field in catalogue and field not in opened)
        if not closed:
            return
        text = _(
            "Se cedió a {recipient} sin la garantía exigida: {names}.", recipient=body.recipient, names=listing(closed)
        )
        if self._policy is None and all(consent.origin.proofs is None for consent in elsewhere):
            self._check.warn("released_before_policy", text, index=entry.index)  # by a version that asked for no proof
        else:
            self._check.fail("assurance_missing", text, index=entry.index)

    def _given_here(self, body: ReleaseBody) -> set[str]:
        own = [self._history.get(name) for name in body.consents if name not in self._elsewhere]
        return {field for consent in own if consent for field in consent.terms.fields}


class AssuranceSection(Section):
    """The consents given at other entities: how many of each, what proved them, and what professionals decided."""

    template = "audit/assurance.html"

    def __init__(self, story: Story) -> None:
        super().__init__(story)
        self._found: Counter[tuple[str, str]] = Counter()
        self._lowered: tuple[str, ...] = ()

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ConsentBody: self._consent, PolicyChangedBody: self._changed}

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        rows = [
            (glossary.term(entity), assurance_label(assurance, glossary.lang), count)
            for (entity, assurance), count in sorted(self._found.items())
        ]
        by_type = self.story.by_type
        return {
            "rows": rows,
            "confirmed": by_type[EntryType.CONSENT_CONFIRMED.value],
            "declined": by_type[EntryType.CONSENT_DECLINED.value],
            "lowered": ", ".join(self._lowered),
        }

    def _consent(self, entry: AuditedEntry, body: ConsentBody) -> None:
        if body.origin is not None and entry.leaf.type is EntryType.CONSENT_GIVEN:
            self._found[body.origin.entity, strongest(body.origin).value] += 1

    def _changed(self, _entry: AuditedEntry, body: PolicyChangedBody) -> None:
        if body.policy != POLICY_CODE:
            return
        try:
            self._lowered = AssurancePolicy.read(body.document or "").lowered
        except AssurancePolicyInvalid:  # reported by the check
            self._lowered = ()


ASSURANCE: Final = Feature(
    names={
        EntryType.CONSENT_CONFIRMED: _("Consentimientos de otras entidades confirmados"),
        EntryType.CONSENT_DECLINED: _("Consentimientos de otras entidades no confirmados"),
    },
    numbered=(
        NumberedCheck(18, "assurance", _("Lo cedido con consentimientos de otras entidades tenía la garantía exigida")),
    ),
    checks=(AssuranceChecks,),
    sections=(AssuranceSection,),
)
