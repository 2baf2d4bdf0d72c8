"""Finding people by name: spelling, order, changes and erasure."""

from pathlib import Path

import pytest

from node.context import NodeContext
from node.people.name_index import MOST_FOUND, NameIndex, name_words
from node.people.store import people_store
from tests.support import parts
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record
from trust.parties import EntityKind


@pytest.fixture
def clock() -> FrozenClock:
    """Give the clock of the node."""
    return FrozenClock()


@pytest.fixture
def context(tmp_path: Path, clock: FrozenClock) -> NodeContext:
    """Give a node with three people."""
    directory = SignedDirectory(clock, {"soria": EntityKind.PUBLIC})
    context = parts.context_of("soria", tmp_path / "soria", directory)
    names = {PERSON: "Ana de la Cruz Muñoz", OTHER_PERSON: "José GARCÍA-López", STRANGER: "Iñaki Garcia"}
    parts.hold(context, *(person_record(document, name=name) for document, name in names.items()))
    return context


def names_of(context: NodeContext, index: NameIndex, text: str) -> list[str]:
    found, _more = index.find(text)
    with context.snapshot() as session:
        people = people_store(context, session)
        return [people.identity(person).name for person in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("garcia", ["Iñaki Garcia", "José GARCÍA-López"]),
        ("GARCÍA jose", ["José GARCÍA-López"]),
        ("inaki", ["Iñaki Garcia"]),
        ("mun", ["Ana de la Cruz Muñoz"]),
        ("cruz de la", ["Ana de la Cruz Muñoz"]),
        ("lo", []),
        ("de la", []),
        ("", []),
        ("%_*", []),
        ("garcia nobody", []),
    ],
)
def test_case_accents_order_and_particles_do_not_matter(context: NodeContext, text: str, found: list[str]) -> None:
    assert names_of(context, NameIndex(context), text) == found


def test_a_changed_name_is_found_and_the_old_one_is_not(context: NodeContext, clock: FrozenClock) -> None:
    index = NameIndex(context)
    assert names_of(context, index, "cruz")
    clock.advance(minutes=1)
    parts.hold(context, person_record(PERSON, name="Ana Prieto"))
    assert names_of(context, index, "cruz") == []
    assert names_of(context, index, "prieto") == ["Ana Prieto"]


def test_an_erased_person_is_not_found(context: NodeContext, clock: FrozenClock) -> None:
    index = NameIndex(context)
    assert names_of(context, index, "prieto") == []
    clock.advance(minutes=1)
    with context.transaction() as session:
        people = people_store(context, session)
        people.erase(people.get_by_document(PERSON).person_id, context.clock.now())
    assert names_of(context, index, "cruz") == []


def test_no_more_are_found_than_a_page_shows(context: NodeContext) -> None:
    from node.people.documents import parse_document

    letters = "TRWAGMYFPDXBNJZSQVHLCKE"
    documents = [parse_document(f"{number}{letters[number % 23]}") for number in range(100, 100 + MOST_FOUND + 1)]
    parts.hold(context, *(person_record(each, name="Eva Iguales") for each in documents))
    found, more = NameIndex(context).find("iguales")
    assert (len(found), more) == (MOST_FOUND, True)


def test_words_are_compared_without_case_and_accents() -> None:
    assert name_words("María-José  DE LA Peña") == ("maria", "jose", "pena")
