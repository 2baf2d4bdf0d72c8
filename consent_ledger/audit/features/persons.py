"""The identity of people in an audit: nothing was released to an entity that may speak of another person. Check 19."""

from collections.abc import Mapping
from typing import Final

from typing_extensions import override

from consent_ledger.audit.feature import AuditRun, Feature, FeatureChecks, Reader
from consent_ledger.audit.report import NumberedCheck
from consent_ledger.audit.story import RowSection
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.audit.words import Glossary
from consent_ledger.log.bodies import RefusalBody, ReleaseBody
from consent_ledger.log.entry import Body, EntryType
from consent_ledger.log.person_bodies import IDENTITY_DOUBT, SAME_PERSON, IdentityDecidedBody
from presentation.messages import Message, _, in_language

_DECISIONS: Final[Mapping[str, Message]] = {
    "same_person": _("es la misma persona"),
    "other_person": _("es otra persona"),
}


class PersonChecks(FeatureChecks):
    """Compares each release with the doubts about the person and its recipient. Check 19."""

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._check = self.report.check("persons")
        self._doubted: set[tuple[str, str]] = set()

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ReleaseBody: self._release, RefusalBody: self._refusal, IdentityDecidedBody: self._decided}

    def _refusal(self, _entry: AuditedEntry, body: RefusalBody) -> None:
        if body.reason == IDENTITY_DOUBT and body.person_ref is not None:
            self._doubted.add((body.person_ref, body.recipient))

    def _decided(self, _entry: AuditedEntry, body: IdentityDecidedBody) -> None:
        pair = (body.person_ref, body.entity)
        if body.decision == SAME_PERSON:
            self._doubted.discard(pair)
        else:
            self._doubted.add(pair)

    def _release(self, entry: AuditedEntry, body: ReleaseBody) -> None:
        self._check.examined += 1
        if (body.person_ref, body.recipient) in self._doubted:
            text = _(
                "Se cedió a {recipient} sin que nadie decidiera antes si habla de la misma persona.",
                recipient=body.recipient,
            )
            self._check.fail("release_despite_doubt", text, index=entry.index)


class DecisionSection(RowSection):
    """Each decision on whether another entity speaks of the same person."""

    template = "audit/identity_decisions.html"
    counted = EntryType.IDENTITY_DECIDED

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {IdentityDecidedBody: self.add}

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        return super().context(glossary) | {"decision": lambda code: in_language(_DECISIONS[code], glossary.lang)}


PERSONS: Final = Feature(
    names={EntryType.IDENTITY_DECIDED: _("Decisiones sobre la identidad")},
    numbered=(NumberedCheck(19, "persons", _("Nada se cedió mientras se dudaba de quién es la persona")),),
    checks=(PersonChecks,),
    sections=(DecisionSection,),
)
