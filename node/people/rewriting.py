"""The record of a person stored anew with some parts changed, also its document; the person's id stays."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from node.people.saving import RecordWriter
from node.people.store import PersonStore


def rewrite_record(people: PersonStore, person_id: str, now: datetime, changes: Mapping[str, Any]) -> None:
    """Store the record of a person with some attributes of `PersonRecord` changed.

    Raises:
        PersonUnknown: not held, or erased.
    """
    people.person(person_id)
    _person, record = next(iter(people.records([person_id])))
    # Without a time of its own, values that stay keep the dates on which they were recorded.
    changed = replace(record, recorded_at=None, **changes)
    RecordWriter(people.session, people.cipher, now).rewrite(person_id, changed)
