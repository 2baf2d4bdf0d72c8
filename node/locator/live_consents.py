"""The consents in force at this node, followed as the ledger grows, whichever process changes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from consent_ledger.consents.model import VALID_FOR_PROCESSING, ConsentView
from consent_ledger.consents.sql_consents import SqlConsentStore
from node.consents.in_force import InForce
from node.context import NodeContext
from node.ledger.own import own_ledger, own_policy
from policies.assurance import default_policy

_BEFORE_ALL: Final = -1


@dataclass(frozen=True, slots=True)
class OpenConsent:
    """A consent with the purposes and askers for which something of it is in force.

    Attributes:
        consent_id: its id.
        person_ref: this node's id of the person.
        valid_until: the end of its validity.
        open: (purpose, asker) pairs.
    """

    consent_id: str
    person_ref: str
    valid_until: datetime
    open: tuple[tuple[str, str], ...]


class LiveConsents:
    """Keeps the live consents, and the denials, in memory: a refresh reads one row, and the consents that changed.

    Every change of a consent appends a ledger entry, and the consent names its newest one. An erased consent has no
    row: it is noticed by the number of consents.
    """

    def __init__(self, context: NodeContext) -> None:
        self._context = context
        self._size = 0
        self._policy = default_policy()
        self._newest = _BEFORE_ALL
        self._known: set[str] = set()
        self._kept: dict[str, dict[str, ConsentView]] = {}
        """By person and consent: those valid for processing, and those by which the person said no."""

    def refresh(self, session: Session) -> bool:
        """Read the changes since the last refresh and return whether there were any."""
        size = own_ledger(self._context, session).size()
        if size == self._size:
            return False
        store, policy = SqlConsentStore(session), own_policy(self._context, session).read()
        changed = self._take(store) or policy != self._policy
        if store.count() != len(self._known):
            self._newest, self._known, self._kept = _BEFORE_ALL, set(), {}
            self._take(store)
            changed = True
        self._size, self._policy = size, policy
        return changed

    def at(self, session: Session, now: datetime) -> Iterator[OpenConsent]:
        """Iterate over the consents that are in force at a moment, wholly or in part."""
        in_force = InForce(self._context, session, now)
        in_force.read_exceptions()
        for person, views in self._kept.items():
            if not any(view.state in VALID_FOR_PROCESSING for view in views.values()):
                continue
            for each in in_force.among(list(views.values())):
                pairs = tuple((part.purpose, part.recipient) for part in each.parts if part.fields)
                if pairs:
                    yield OpenConsent(each.view.consent_id, person, each.view.record.valid_until, pairs)

    def _take(self, store: SqlConsentStore) -> bool:
        views = store.changed_since(self._newest)
        for view in views:
            self._newest = max(self._newest, view.last_index)
            self._known.add(view.consent_id)
            if view.state in VALID_FOR_PROCESSING or view.denies:
                self._kept.setdefault(view.person_ref, {})[view.consent_id] = view
            else:
                self._kept.get(view.person_ref, {}).pop(view.consent_id, None)
        return bool(views)
