"""Erasures in an audit: every content that is missing was erased by an entry. Check 7."""

from collections.abc import Mapping
from typing import Final

from typing_extensions import override

from consent_ledger.audit.feature import AuditRun, Feature, FeatureChecks, Reader
from consent_ledger.audit.report import ErasureNote, NumberedCheck
from consent_ledger.audit.story import RowSection
from consent_ledger.audit.structure import AuditedEntry
from consent_ledger.audit.words import Glossary
from consent_ledger.log.bodies import ErasureBody
from consent_ledger.log.entry import Body, EntryType
from policies.retention import load_retention
from presentation.messages import _


class ErasureChecks(FeatureChecks):
    """Compares missing contents with the erasure entries. Check 7."""

    def __init__(self, run: AuditRun) -> None:
        super().__init__(run)
        self._check = self.report.check("erasures")
        self._missing: set[int] = set()

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ErasureBody: self._erasure}

    @override
    def lost(self, entry: AuditedEntry) -> None:
        self._missing.add(entry.index)

    @override
    def finish(self) -> None:
        for index in sorted(self._missing):
            self._check.fail("body_missing", _("Falta el contenido y no consta su borrado."), index=index)

    def _erasure(self, entry: AuditedEntry, body: ErasureBody) -> None:
        note = ErasureNote(entry.index, entry.leaf.time, body.basis, body.rule, len(body.indexes))
        self.report.erasures.append(note)
        for index in body.indexes:
            self._check.examined += 1
            if index >= entry.index:
                self._check.fail("erasure_ahead", _("El borrado nombra una anotación posterior."), index=entry.index)
            elif index in self._missing:
                self._missing.discard(index)
                self.report.erased += 1
            else:
                self._check.warn(
                    "erasure_undone",
                    _("Consta el borrado de {index:d}, pero su contenido sigue ahí o no se pudo leer.", index=index),
                    index=entry.index,
                )


class ErasureSection(RowSection):
    """Each erasure with its time, its basis and its rule."""

    template = "audit/erasures.html"
    counted = EntryType.ERASURE

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ErasureBody: self.add}

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        retention, lang = load_retention(), glossary.lang
        bases = {row.body.basis: retention.basis_label(row.body.basis, lang) for row in self.rows}
        rules = {rule.id: rule.label(lang) for rule in retention.rules}
        return super().context(glossary) | {"bases": bases, "rules": rules}


ERASURES: Final = Feature(
    names={EntryType.ERASURE: _("Borrados")},
    numbered=(NumberedCheck(7, "erasures", _("Todo contenido que falta se borró con su anotación")),),
    checks=(ErasureChecks,),
    sections=(ErasureSection,),
)
