"""The identity of people in an audit: nothing was released of somebody in doubt, dead, or mixed up. Check 19."""

from collections.abc import Mapping
from typing import Final

from typing_extensions import override

from consent_ledger.audit.feature import AuditRun, Feature, FeatureChecks, Reader
from consent_ledger.audit.report import NumberedCheck
from consent_ledger.audit.story import RowSection
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.audit.words import Glossary
from consent_ledger.log.bodies import ConsentBody, RefusalBody, ReleaseBody
from consent_ledger.log.entry import Body, EntryType
from consent_ledger.log.person_bodies import (
    IDENTITY_DOUBT,
    SAME_PERSON,
    IdentityDecidedBody,
    PersonChange,
    PersonChangedBody,
)
from consent_ledger.log.person_words import CHANGE_NAMES
from presentation.messages import Message, _, in_language

_DECISIONS: Final[Mapping[str, Message]] = {
    "same_person": _("es la misma persona"),
    "other_person": _("es otra persona"),
}


class PersonChecks(FeatureChecks):
    """Compares each release and consent with the entries about its person. Check 19.

    A merged record keeps its own id and consents, so that every release is under consents of its own record (check 9).
    """

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._check = self.report.check("persons")
        self._doubted: set[tuple[str, str]] = set()
        self._dead: set[str] = set()
        self._unassigned: set[str] = set()
        self._heads: dict[str, str] = {}  # merged record -> the one that stands for it
        self._lost = False

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {
            ReleaseBody: self._release,
            RefusalBody: self._refusal,
            IdentityDecidedBody: self._decided,
            PersonChangedBody: self._changed,
            ConsentBody: self._consent,
        }

    @override
    def lost(self, entry: AuditedEntry) -> None:
        self._lost |= entry.leaf.type is EntryType.PERSON_CHANGED

    def _changed(self, entry: AuditedEntry, body: PersonChangedBody) -> None:
        self._check.examined += 1
        head, other = body.person_ref, body.other_ref or ""
        match body.change:
            case PersonChange.DECEASED:
                self._dead.add(head)
            case PersonChange.MERGED:
                followers = [each for each, its_head in self._heads.items() if its_head == other]
                self._heads |= dict.fromkeys((other, *followers), head)
            case PersonChange.SPLIT:
                if self._heads.pop(other, None) != head and not self._lost:
                    text = _("Se separaron fichas que no se habían unido.")
                    self._check.fail("split_of_nothing", text, index=entry.index)
                self._unassigned |= {head, other}
            case PersonChange.ASSIGNED:
                self._unassigned.discard(body.person_ref)

    def _consent(self, entry: AuditedEntry, body: ConsentBody) -> None:
        given_here = entry.leaf.type in (EntryType.CONSENT_GIVEN, EntryType.CONSENT_RENEWED) and body.origin is None
        if given_here and body.person_ref in self._dead:
            self._check.fail("consent_after_death", _("Una persona fallecida consintió algo."), index=entry.index)

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
        if body.person_ref in self._dead:
            text = _("Se cedieron a {recipient} datos de una persona fallecida.", recipient=body.recipient)
            self._check.fail("release_after_death", text, index=entry.index)
        if body.person_ref in self._unassigned:
            text = _(
                "Se cedió a {recipient} de fichas separadas sin aclarar antes de quién es cada dato.",
                recipient=body.recipient,
            )
            self._check.fail("release_before_assignment", text, index=entry.index)


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


class ChangeSection(RowSection):
    """Each change of who a person is."""

    template = "audit/person_changes.html"
    counted = EntryType.PERSON_CHANGED

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {PersonChangedBody: self.add}

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        return super().context(glossary) | {"change": lambda code: in_language(CHANGE_NAMES[code], glossary.lang)}


PERSONS: Final = Feature(
    names={
        EntryType.IDENTITY_DECIDED: _("Decisiones sobre la identidad"),
        EntryType.PERSON_CHANGED: _("Cambios en quién es una persona"),
    },
    numbered=(NumberedCheck(19, "persons", _("Nada se cedió de quien está en duda, ha fallecido o se confundió")),),
    checks=(PersonChecks,),
    sections=(DecisionSection, ChangeSection),
)
