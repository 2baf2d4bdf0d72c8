"""The tables of the demonstration: a fictitious population per entity, and a real public table. Cached."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from deploy.local.cps import write_cps
from deploy.local.programs import NODE, Programs, at_once
from service.sheets.reading import read_sheet

CACHE: Final = Path(".cache/demo")
SEED: Final = "1"

SHARES: Final[Mapping[str, float]] = {
    "leon": 0.236,
    "valladolid": 0.221,
    "salamanca": 0.162,
    "zamora": 0.092,
    "burgos": 0.084,
    "avila": 0.079,
    "palencia": 0.068,
    "segovia": 0.045,
    "soria": 0.014,
}
"""Shares of the provinces in the recipients of the state's minimum income (May 2021)."""

FEWEST: Final = 40


@dataclass(frozen=True, slots=True)
class Population:
    """The number of people in the demonstration."""

    people: int

    @classmethod
    def of(cls, *, quick: bool) -> Self:
        """Return the population of the full or of the quick demonstration."""
        return cls(1_200 if quick else 2_700)

    def size(self, entity: str) -> int:
        """Return the number of people that an entity knows."""
        return max(FEWEST, round(self.people * SHARES[entity]))


def prepare_tables(programs: Programs, population: Population, entities: list[str]) -> Path:
    """Generate ``ENTITY.csv`` for each entity unless an earlier run did, and return the folder."""
    folder = (CACHE / f"people-{population.people}-{SEED}").resolve()
    folder.mkdir(parents=True, exist_ok=True)

    def make(entity: str) -> None:
        table = folder / f"{entity}.csv"
        if table.exists():
            return
        partial = folder / f"{entity}.part"
        words = ("--province", entity, "--people", str(population.size(entity)), "--seed", SEED)
        programs.ask(NODE, "records", "generate", partial, *words)
        partial.replace(table)  # atomic: an interrupted run leaves no partial table

    at_once(make, entities, workers=2)
    return folder


def table_rows(table: Path) -> list[dict[str, str]]:
    """Return the rows of a generated table, by column."""
    sheet = read_sheet(table)
    return [dict(zip(sheet.head[1], row, strict=False)) for _line, row in sheet.rows]


def public_table() -> tuple[Path, Path]:
    """Return the paths of the real table and its schema, written if missing."""
    return write_cps(CACHE.resolve())
