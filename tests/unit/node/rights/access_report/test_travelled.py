"""The answers of other holders of a propagated consent for an access report."""

from pathlib import Path

import pytest

from node.rights.access_report.issuing import AccessReports
from records_exchange.disclosed_accesses import ACCESS_REPORT, read_disclosed
from tests.support.consent_sides import give, side_of
from tests.support.one_side import OneSide
from tests.support.origin_peer import FIELDS, OriginPeer
from tests.support.people import PERSON


def holding(folder: Path, entity: str) -> OneSide:
    """Return the origin of a consent, or its holder, at which a recipient has looked."""
    side = side_of(folder, entity)
    if entity == "origin":
        give(side, "holder")
        side.deliver()
    else:
        OriginPeer(side).given("holder")
        assert side.shares("asker", FIELDS)
    return side


@pytest.mark.parametrize(("where", "other"), [("origin", "holder"), ("holder", "origin")])
def test_the_origin_and_the_holders_of_a_consent_tell_each_other_who_looked(
    tmp_path: Path, where: str, other: str
) -> None:
    issuing, asked = holding(tmp_path, where), holding(tmp_path, other)
    told = asked.hears(where, ACCESS_REPORT, {}, PERSON)
    looked = {access.entity for access in read_disclosed(told.body, other).accesses}
    assert looked == ({"asker"} if other == "holder" else set())
    issuing.peers[other].change_reply = lambda reply: reply.model_copy(update={"body": told.body})
    report = AccessReports(issuing.context, issuing.outbox).issue(PERSON).report
    parts = {part.entity: part for part in report.others}
    assert set(parts) == {other, "asker"}
    answer = parts[other].answer
    assert answer is not None
    assert {access.entity for access in answer.accesses} == looked
    for side in (issuing, asked):
        side.context.close()
