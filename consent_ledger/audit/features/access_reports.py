"""Access reports in the officer's report: their time, the entity through which a person asked, staff named."""

from collections.abc import Mapping
from typing import Final

from typing_extensions import override

from consent_ledger.audit.feature import Feature, Reader
from consent_ledger.audit.story import RowSection
from consent_ledger.log.bodies import AccessReportBody
from consent_ledger.log.entry import Body, EntryType
from presentation.messages import _


class AccessReportSection(RowSection):
    """The access reports handed to people (GDPR art. 15)."""

    template = "audit/access_reports.html"
    counted = EntryType.ACCESS_REPORT_ISSUED

    @override
    def readers(self) -> Mapping[type[Body], Reader]:
        return {AccessReportBody: self.add}


ACCESS_REPORTS: Final = Feature(
    names={EntryType.ACCESS_REPORT_ISSUED: _("Informes de acceso")}, sections=(AccessReportSection,)
)
