"""Changes of keys and policies: counted in the report, without checks of their own."""

from typing import Final

from consent_ledger.audit.feature import Feature
from consent_ledger.log.entry import EntryType
from presentation.messages import _

ADMINISTRATION: Final = Feature(
    names={EntryType.KEY_CHANGED: _("Cambios de clave"), EntryType.POLICY_CHANGED: _("Cambios de política")}
)
