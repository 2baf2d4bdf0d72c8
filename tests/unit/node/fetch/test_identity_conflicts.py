"""Two holders that keep two persons under one document are told apart from what they release."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from node.fetch.asking import Fetched, question_of
from node.fetch.identity_conflicts import identity_conflicts
from node.fetch.report import fetched_document, fetched_text
from records_exchange.answer import Value
from tests.support.one_side import OneSide
from tests.support.origin_peer import OriginPeer
from tests.support.people import PERSON
from trust.parties import EntityKind

HOLDERS = ("leon", "soria")


@pytest.fixture
def ngo(tmp_path: Path) -> Iterator[OneSide]:
    made = OneSide(tmp_path, "ngo", dict.fromkeys(HOLDERS, EntityKind.PUBLIC), kind=EntityKind.AGENT)
    yield made
    made.context.close()


def asked(ngo: OneSide, **held: dict[str, Value]) -> Fetched:
    for name, values in held.items():
        holder = OriginPeer(ngo, name)
        holder.shares_under(holder.give(holder.terms(recipients=("ngo",))), values)
    question = question_of(ngo.context, "casework", fields=("person.sex", "person.birth_year"))
    return ngo.asking.fetch(PERSON, question, list(held))


def test_birth_years_that_differ_are_pointed_out_with_who_says_which(ngo: OneSide) -> None:
    fetched = asked(ngo, leon={"person.birth_year": 1985}, soria={"person.birth_year": 1950})
    text = " ".join(fetched_text(fetched).split())
    assert "personas distintas" in text
    assert "1985 (Entidad leon)" in text
    assert "1950 (Entidad soria)" in text
    (conflict,) = fetched_document(fetched)["identity_conflicts"]
    assert conflict["field"] == "person.birth_year"


@pytest.mark.parametrize(
    ("leon", "soria"),
    [
        ({"person.birth_year": 1985, "person.sex": "f"}, {"person.birth_year": 1985, "person.sex": "x"}),
        ({"person.birth_year": 1985}, {"person.sex": "f"}),
        ({"person.sex": "f"}, {"person.sex": "f"}),
    ],
)
def test_what_can_be_one_person_is_no_conflict(ngo: OneSide, leon: dict[str, Value], soria: dict[str, Value]) -> None:
    fetched = asked(ngo, leon=leon, soria=soria)
    assert identity_conflicts(fetched) == ()
    assert "personas distintas" not in fetched_text(fetched)


def test_another_sex_is_a_conflict_said_in_words(ngo: OneSide) -> None:
    fetched = asked(ngo, leon={"person.sex": "f"}, soria={"person.sex": "m"})
    assert "Female (Entidad leon) and Male (Entidad soria)" in " ".join(fetched_text(fetched, lang="en").split())
