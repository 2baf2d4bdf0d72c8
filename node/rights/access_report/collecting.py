"""The entries about one person, read for the right of access (GDPR art. 15).

They are read from the bodies that the ledger's proofs cover; nothing else is stored for this.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from consent_ledger.consents.model import ConsentView
from consent_ledger.errors import LedgerDamaged
from consent_ledger.log.bodies import ReleaseBody, parse_body
from consent_ledger.log.entry import Body, EntryType, Leaf
from consent_ledger.log.erasure import PersonTrace, trace_person
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.log.readings import readings
from node.consents.propagation.parties import origin_of, parties_of
from node.ledger.own import own_ledger
from node.people.store import people_store
from node.referrals.store import ReferralStore
from presentation.messages import _
from records_exchange.disclosed_accesses import MAX_DISCLOSED, DisclosedAccess, DisclosedAccesses
from trust.errors import MalformedDocument

if TYPE_CHECKING:
    from node.context import NodeContext

MAX_ANSWER_BYTES = 300_000
"""Well below the bound of a message."""


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """An entry of the ledger about the person."""

    index: int
    time: datetime
    kind: EntryType
    body: Body


def person_entries(context: "NodeContext", session: Session, person_ref: str) -> tuple[PersonEntry, ...]:
    """Return the entries about a person, oldest first, without those whose content was erased.

    Readings of many people at once are among them, from the first entry about the person on; and the entries about
    records that are merged with the person's.

    Raises:
        LedgerDamaged: the ledger does not read.
    """
    records = people_store(context, session).standing.group(person_ref)
    found = {entry.index: entry for record in records for entry in _entries_of(context, session, record)}
    return tuple(found[index] for index in sorted(found))


def _entries_of(context: "NodeContext", session: Session, person_ref: str) -> tuple[PersonEntry, ...]:
    ledger = own_ledger(context, session)
    referrals = {each.referral_id for each in ReferralStore(session).all(person_ref=person_ref)}
    trace = PersonTrace(referrals=referrals)
    trace_person(ledger.store, person_ref, 0, ledger.size(), trace)
    found = tuple(_entries(ledger, trace.indexes))
    first = found[0].index if found else 0
    lists = (
        PersonEntry(each.index, each.time, EntryType.RECORD_READ, each.body)
        for each in readings(ledger, person_ref=person_ref)
        if each.body.person_ref is None and each.index >= first
    )
    return tuple(sorted((*found, *lists), key=lambda entry: entry.index))


def consents_with(asker: str, consents: Sequence[ConsentView]) -> tuple[ConsentView, ...]:
    """Return the consents to which an entity is a party: as origin, holder or recipient."""
    return tuple(view for view in consents if asker in parties_of(view.record))


def accesses_for(asker: str, entries: Sequence[PersonEntry], consents: Sequence[ConsentView]) -> DisclosedAccesses:
    """Return the releases under the consents to which another entity is a party, the newest first.

    A mere recipient gets the accesses of others without their names: the answer must not show which other entities know
    the person.
    """
    known = {view.consent_id: view for view in consents}
    found: list[DisclosedAccess] = []
    size = 0
    for entry in reversed(entries):
        if not isinstance(entry.body, ReleaseBody):
            continue
        under = [known[consent] for consent in entry.body.consents if consent in known]
        fields = tuple(name for name in entry.body.fields if any(name in view.record.fields for view in under))
        if not fields:
            continue
        # The origin of a consent and its other holders know its recipients anyway.
        shares_it = any(asker in (origin_of(view.record), *view.record.holders) for view in under)
        named = entry.body.recipient if shares_it or entry.body.recipient == asker else None
        access = DisclosedAccess(
            time=entry.time, entity=named, role=entry.body.role, purpose=entry.body.purpose, fields=fields
        )
        size += len(access.model_dump_json())
        if len(found) == MAX_DISCLOSED or size > MAX_ANSWER_BYTES:
            return DisclosedAccesses(accesses=tuple(found), more=True)
        found.append(access)
    return DisclosedAccesses(accesses=tuple(found))


def _entries(ledger: ConsentLedger, indexes: Sequence[int]) -> Iterator[PersonEntry]:
    for index in indexes:
        for stored in ledger.store.bodies(index, index + 1):
            try:
                leaf = Leaf.parse(ledger.leaf(index))
                body = parse_body(leaf.type, json.loads(stored.body))
            except (MalformedDocument, ValueError) as error:
                raise LedgerDamaged(
                    _("no se puede leer la anotación {index!s}", index=index),
                    remedy=_("restaure la última copia de seguridad"),
                ) from error
            yield PersonEntry(index, leaf.time, leaf.type, body)
