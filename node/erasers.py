"""Erasers: each room that keeps something about a person registers one, and `node.rights.erasure` runs them all.

`node.wiring` composes them. A test compares their tables with every table that has a column naming a person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PersonToErase:
    """The person to erase.

    Attributes:
        person_ref: this entity's random id of the person.
        pseudonyms: pairwise pseudonyms by which other entities know the person, as this node stores them.
    """

    person_ref: str
    pseudonyms: frozenset[str]


@dataclass(frozen=True, slots=True)
class Eraser:
    """The part of an erasure that concerns the tables of one room.

    Attributes:
        tables: the tables that the eraser covers.
        erase: leaves nothing in them that names the person, in the caller's transaction.
    """

    tables: frozenset[str]
    erase: Callable[[Session, PersonToErase, datetime], None]


@dataclass(frozen=True, slots=True)
class FileEraser:
    """The part of an erasure that concerns files. It runs once the key that opens them is destroyed.

    Attributes:
        folder: the name of the folder in the node's home.
        erase: deletes the person's files and returns how many there were.
    """

    folder: str
    erase: Callable[[str], int]
