"""The consents in force at this node, followed as the ledger grows, whichever process changes them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from consent_ledger.consents.assured import opened_fields
from consent_ledger.consents.model import VALID_FOR_PROCESSING, ConsentView
from consent_ledger.consents.sql_consents import SqlConsentStore
from consent_ledger.consents.sql_policy import SqlConsentPolicy
from node.context import NodeContext
from node.ledger.own import own_ledger
from policies.assurance import default_policy

_BEFORE_ALL: Final = -1


class LiveConsents:
    """Keeps the live consents in memory: a refresh reads one row, and the consents that changed.

    Every change of a consent appends a ledger entry, and the consent names its newest one. An erased consent has no
    row: it is noticed by the number of consents.
    """

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._size = 0
        self._policy = default_policy()
        self._newest = _BEFORE_ALL
        self._known: set[str] = set()
        self._live: dict[str, ConsentView] = {}

    def refresh(self, session: Session) -> bool:
        """Read the changes since the last refresh and return whether there were any."""
        size = own_ledger(self._context, session).size()
        if size == self._size:
            return False
        store, policy = SqlConsentStore(session), SqlConsentPolicy(session).read()
        changed = self._take(store) or policy != self._policy
        if store.count() != len(self._known):
            self._newest, self._known, self._live = _BEFORE_ALL, set(), {}
            self._take(store)
            changed = True
        self._size, self._policy = size, policy
        return changed

    def at(self, now: datetime) -> Iterator[ConsentView]:
        """Iterate over the consents that are in force at a moment."""
        for view in self._live.values():
            if view.record.valid_from <= now < view.record.valid_until:
                yield view

    def opens(self, view: ConsentView, purpose: str, asker: str) -> bool:
        """Return whether anything would be released under a consent by its assurance."""
        record = view.record
        return bool(opened_fields(record.fields, record.origin, self._policy, purpose=purpose, recipient=asker))

    def _take(self, store: SqlConsentStore) -> bool:
        views = store.changed_since(self._newest)
        for view in views:
            self._newest = max(self._newest, view.last_index)
            self._known.add(view.consent_id)
            if view.state in VALID_FOR_PROCESSING:
                self._live[view.consent_id] = view
            else:
                self._live.pop(view.consent_id, None)
        return bool(views)
