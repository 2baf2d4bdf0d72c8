"""The tables of the demonstration: a fictitious population an entity, and a real public table. Made once, kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from deploy.local.cps import write_cps
from deploy.local.programs import NODE, Programs, at_once

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
"""How the recipients of the state's minimum income are spread over the provinces (May 2021): unequal, as in life."""

FEWEST: Final = 40


@dataclass(frozen=True, slots=True)
class Population:
    """How many people each entity knows."""

    people: int

    @classmethod
    def of(cls, *, quick: bool) -> Self:
        """Return the population of the full or of the quick demonstration."""
        return cls(1_200 if quick else 2_700)

    def size(self, entity: str) -> int:
        """Return how many people an entity knows."""
        return max(FEWEST, round(self.people * SHARES[entity]))


def prepare_tables(programs: Programs, population: Population, entities: list[str]) -> Path:
    """Make ``ENTITY.csv`` for each entity unless it is there from an earlier run, and return the folder."""
    folder = (CACHE / f"people-{population.people}-{SEED}").resolve()
    folder.mkdir(parents=True, exist_ok=True)

    def make(entity: str) -> None:
        table = folder / f"{entity}.csv"
        if table.exists():
            return
        partial = folder / f"{entity}.part"
        words = ("--province", entity, "--people", str(population.size(entity)), "--seed", SEED)
        programs.ask(NODE, "records", "generate", partial, *words)
        partial.replace(table)  # whole or not at all: a run cut short leaves no half table behind

    at_once(make, entities, workers=2)
    return folder


def public_table() -> tuple[Path, Path]:
    """Return the real table and its schema, made unless they are there."""
    return write_cps(CACHE.resolve())
