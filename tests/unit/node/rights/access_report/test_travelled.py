"""The answers of other holders of a propagated consent for an access report."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.exchange import PERSON
from tests.support.town import Town


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    made.give("holder")
    made.deliver()
    assert made.shares("holder")
    yield made
    made.network.close()


@pytest.mark.parametrize(("where", "other"), [("origin", "holder"), ("holder", "origin")])
def test_the_origin_and_the_holders_of_a_consent_tell_each_other_who_looked(town: Town, where: str, other: str) -> None:
    report = town[where].access_reports.issue(PERSON).report
    parts = {part.entity: part for part in report.others}
    assert set(parts) == {other, "asker"}
    told = parts[other].answer
    assert told is not None
    assert {access.entity for access in told.accesses} == ({"asker"} if other == "holder" else set())
