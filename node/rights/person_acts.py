"""The acts about people: rows that somebody wrote of them, apart from their record."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnClause, String, column, select, table
from sqlalchemy.orm import Session

from node.people.import_tables import IMPORTED_PEOPLE

ACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "consents": "person_ref",
        "person_cards": "person_ref",
        "case_team": "person_ref",
        "case_actions": "person_ref",
        "referrals": "person_ref",
        "imported_summaries": "person_ref",
        "risk_decisions": "person_ref",
        "exchange_received": "person_ref",
        "identity_doubts": "person_ref",
    }
)
"""Tables and the columns that name a person. `WITHOUT_ACTS` has the others."""

WITHOUT_ACTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "people": "the record itself",
        "recorded_values": "the record itself",
        "benefit_spells": "the record itself",
        "interventions": "the record itself",
        "record_import_people": "the import itself",
        "exchange_linked_person": "an index that the node makes",
        "locator_pseudonyms": "an index that the node makes",
        "locator_answers": "copies that the node keeps for a while",
        "exchange_outbox": "messages; each has an act of its own",
        "exchange_consent_copy": "names by pseudonym; a consent of the person comes with it",
        "exchange_copy_arrival": "names by pseudonym; a consent of the person comes with it",
        "person_card_codes": "a card of the person comes with it",
        "person_card_tries": "a card of the person comes with it",
        "case_openings": "that somebody looked; the ledger has it too",
        "risk_looks": "that somebody looked; the ledger has it too",
    }
)


def people_with_acts(session: Session, import_id: str) -> set[str]:
    """Return those people that an import added who have something on record apart from their record."""
    table_of, found = IMPORTED_PEOPLE, set[str]()
    added = select(table_of.c.person_id).where(table_of.c.import_id == import_id, table_of.c.added)
    for name, person in ACTS.items():
        named: ColumnClause[str] = column(person, String)
        found |= set(session.scalars(select(named).select_from(table(name, named)).where(named.in_(added))))
    return found
