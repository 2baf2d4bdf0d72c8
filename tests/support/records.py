"""People and stores of records for tests. Everybody is invented."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from stdnum.es import dni
from typing_extensions import override

from node.cipher import RecordCipher
from node.people.documents import Document, parse_document
from node.people.import_file import Progress, read_file
from node.people.import_proposal import Comparison, Decisions
from node.people.model import BenefitSpell, Household, Intervention, PersonRecord, PersonRef, SaveCounts
from node.people.saving import lock_people
from node.people.store import PersonStore
from policies.birth import BirthDate
from service.storage import snapshot, transaction

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DATA_KEY = bytes(range(32))


def a_document(number: int = 0) -> Document:
    """Return a fictitious DNI."""
    digits = f"{99_900_000 + number}"
    return parse_document(digits + dni.calc_check_digit(digits))


def a_person(number: int = 0, **changes: Any) -> PersonRecord:
    """Return a whole record, with some of its attributes changed."""
    record = PersonRecord(
        document=a_document(number),
        name=f"Persona Ficticia {number}",
        birth_date=BirthDate(1980, 5, 17),
        fields={
            "person.sex": "f",
            "person.contact": f"persona{number}@example.org",
            "work.status": "unemployed",
            "econ.debt_flag": True,
            "case.demand": ["food", "housing"],
            "health.disability_degree": 33,
            "protect.gender_violence": False,
            "action.notes": "Texto libre\nde dos líneas",
        },
        household=Household(f"UC-{number}", "couple", 2, 0, 0),
        spells=(
            BenefitSpell("rgc", date(2023, 1, 1), date(2024, 6, 1)),
            BenefitSpell("imv", date(2025, 1, 1)),
        ),
        interventions=(
            Intervention("assessment", date(2025, 3, 4), "achieved"),
            Intervention("follow_up", date(2025, 9, 1)),
        ),
        fictitious=True,
    )
    return replace(record, **changes)


@contextmanager
def writing(engine: Engine, data_key: bytes = DATA_KEY) -> Iterator[PersonStore]:
    """Open a store in a transaction."""
    with transaction(engine) as session:
        yield PersonStore(session, RecordCipher(data_key))


@contextmanager
def reading(engine: Engine, data_key: bytes = DATA_KEY) -> Iterator[PersonStore]:
    """Open a store that only reads."""
    with snapshot(engine) as session:
        yield PersonStore(session, RecordCipher(data_key))


def write_csv(path: Path, header: str, *rows: str) -> Path:
    """Write a CSV file from its lines and return its path."""
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


class ListedPeople(PersonStore):
    """A store over records in a list: only what reading everybody needs."""

    def __init__(self, listed: Iterable[PersonRecord]) -> None:
        self._listed = list(listed)

    @override
    def records(
        self, person_ids: Sequence[str] | None = None, *, fields: Collection[str] | None = None
    ) -> Iterator[tuple[PersonRef, PersonRecord]]:
        """Yield the records, with the chosen fields only, under made-up ids."""
        assert person_ids is None
        for number, record in enumerate(self._listed):
            chosen = {key: value for key, value in record.fields.items() if fields is None or key in fields}
            yield PersonRef(f"{number:032x}", record.fictitious, NOW, NOW, NOW), replace(record, fields=chosen)


def import_records(
    path: Path,
    open_people: Callable[[], AbstractContextManager[PersonStore]],
    now: datetime,
    progress: Progress | None = None,
) -> SaveCounts:
    """Import a file as a node does, without its ledger; nothing in it waits for a decision."""
    read = read_file(path, now, progress)
    with open_people() as people:
        lock_people(people.session.connection())
        comparison = Comparison(people.cipher, read)
        records = comparison.add(people, list(read.rows))
        assert comparison.proposal().undecided(Decisions()) == ()
        report = (lambda done: progress("save", done, len(records))) if progress else None
        return people.save(records, now, progress=report)
