"""The inputs of the shared summary, as the database of people gives them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from node.people.model import FieldValue


@dataclass(frozen=True, slots=True)
class HouseholdFacts:
    """The coded description of a household and the time of its recording."""

    kind: str | None
    size: int | None
    minors: int | None
    dependants: int | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class SummaryInput:
    """Inputs of the shared summary: a person, some recorded values, and the id of the household."""

    person_id: str
    recorded_at: datetime
    values: Mapping[str, FieldValue]
    household_id: str | None
