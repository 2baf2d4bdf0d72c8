"""Readings inside the entity, and receipts issued, in the officer's report."""

from collections.abc import Mapping
from typing import Final

from typing_extensions import override

from consent_ledger.audit.feature import Feature, Reader
from consent_ledger.audit.story import RowSection
from consent_ledger.audit.words import Glossary
from consent_ledger.log.entry import Body, EntryType
from consent_ledger.log.reading_bodies import ReceiptIssuedBody, RecordReadBody
from policies.record_readings import part_label, reading_reason
from presentation.messages import _


class ReadingSection(RowSection):
    """Each reading of a person's record by the entity's own staff."""

    template = "audit/readings.html"
    counted = EntryType.RECORD_READ

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {RecordReadBody: self.add}

    @override
    def context(self, glossary: Glossary) -> dict[str, object]:
        lang = glossary.lang
        return super().context(glossary) | {
            "part": lambda code: part_label(code, lang),
            "reason": lambda body: reading_reason(body.case_access, body.reason, lang),
        }


class ReceiptSection(RowSection):
    """Each receipt of a consent that was issued."""

    template = "audit/receipts.html"
    counted = EntryType.RECEIPT_ISSUED

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {ReceiptIssuedBody: self.add}


READINGS: Final = Feature(
    names={EntryType.RECORD_READ: _("Consultas de la propia entidad")}, sections=(ReadingSection,)
)
RECEIPTS: Final = Feature(names={EntryType.RECEIPT_ISSUED: _("Justificantes entregados")}, sections=(ReceiptSection,))
