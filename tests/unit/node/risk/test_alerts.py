"""Alerts: who rose since the last look, kept as an id, a month and a band, and nobody who objects."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from node.context import NodeContext
from node.erasers import PersonToErase
from node.fictitious.population import PopulationRequest, generate
from node.people.model import PROFILING_OBJECTION
from node.people.store import people_store
from node.risk import risk_report as report
from node.risk.alerts import BAND_STARTS, Band, alerts, band_of, parse_band
from node.risk.errors import BandInvalid
from node.risk.person_erasure import risk_eraser
from node.risk.professional_decisions import Judgement, NewDecision, decide
from node.risk.tables import CheckedBandRow, DecisionRow, LastCheckRow
from tests.support.parts import hold
from tests.support.risk import AS_OF, context_with_people, coordinator
from tests.support.training import ScriptedCoordinator


@pytest.fixture
def context(tmp_path: Path) -> Iterator[NodeContext]:
    made = context_with_people(tmp_path)
    yield made
    made.close()


@pytest.fixture
def script(context: NodeContext) -> ScriptedCoordinator:
    return coordinator(context)


def looks(context: NodeContext) -> dict[str, tuple[str, str]]:
    with context.snapshot() as session:
        return {row.person_ref: (row.month, row.band) for row in session.scalars(select(CheckedBandRow))}


def lower_all(context: NodeContext, people: list[str]) -> None:
    """Let some people have been in the lowest band at the last look."""
    with context.transaction() as session:
        session.execute(update(CheckedBandRow).where(CheckedBandRow.person_ref.in_(people)).values(band="low"))


def test_the_first_look_only_takes_stock(context: NodeContext, script: ScriptedCoordinator) -> None:
    shown = alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    assert (shown.alerts, shown.since) == ((), None)
    assert "punto de partida" in report.alerts_text(shown, "es")
    assert looks(context)
    assert {month for month, _ in looks(context).values()} == {"2019-01"}


def test_who_rose_is_alerted_once(context: NodeContext, script: ScriptedCoordinator) -> None:
    alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    risen = [person for person, (_, band) in looks(context).items() if band != "low"]
    assert risen
    lower_all(context, risen[:2])

    peeked = alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF, peek=True)
    shown = alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)

    assert {each.entry.person_id for each in shown.alerts} == set(risen[:2])
    assert peeked.alerts == shown.alerts
    assert all(each.before is Band.LOW and each.entry.interval is not None for each in shown.alerts)
    assert report.alerts_text(shown, "es").startswith("Apoyo, nunca sanción")
    assert "reached the band medium" in report.alerts_text(shown, "en")
    assert report.alerts_document(shown)["alerts"][0]["before"] == "low"
    assert alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF).alerts == ()


def test_who_was_over_another_threshold_already_is_not_alerted(
    context: NodeContext, script: ScriptedCoordinator
) -> None:
    alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    risen = [person for person, (_, band) in looks(context).items() if band != "low"]
    lower_all(context, risen)
    assert len(alerts(context, script, threshold=Band.VERY_HIGH, as_of=AS_OF, peek=True).alerts) <= len(risen)


def test_who_is_new_over_the_threshold_is_alerted(context: NodeContext, script: ScriptedCoordinator) -> None:
    alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    (gone,) = [person for person, (_, band) in looks(context).items() if band != "low"][:1]
    with context.transaction() as session:
        session.execute(text("DELETE FROM risk_looks WHERE person_ref = :person"), {"person": gone})
    (alert,) = alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF).alerts
    assert (alert.entry.person_id, alert.before) == (gone, None)


def test_another_model_is_said(context: NodeContext, script: ScriptedCoordinator) -> None:
    alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    with context.transaction() as session:
        session.execute(update(LastCheckRow).values(campaign_id="cd" * 16))
    shown = alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    assert shown.other_model
    assert "otro modelo" in report.alerts_text(shown, "es")


def test_whom_a_professional_lowered_is_not_alerted(context: NodeContext, script: ScriptedCoordinator) -> None:
    alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    (person,) = [person for person, (_, band) in looks(context).items() if band != "low"][:1]
    lower_all(context, [person])
    decide(context, script, NewDecision(person, Judgement.LOWER, "ts-14", "already_supported"))
    assert alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF).alerts == ()


def test_who_objects_is_neither_scored_nor_kept(context: NodeContext, script: ScriptedCoordinator) -> None:
    """LOPDGDD art. 11.2, GDPR art. 21: at the next look nothing is left."""
    alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    person = next(iter(looks(context)))
    with context.snapshot() as session:
        document = people_store(context, session).identity(person).document
    record = next(each for each in generate(PopulationRequest(province="42", people=120)) if each.document == document)
    hold(context, replace(record, fields={**record.fields, PROFILING_OBJECTION: True}))
    alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    assert person not in looks(context)


def test_erasing_a_person_leaves_nothing_here(context: NodeContext, script: ScriptedCoordinator) -> None:
    alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    person, other = list(looks(context))[:2]
    for each in (person, other):
        decide(context, script, NewDecision(each, Judgement.CONFIRM, "ts-14"))
    with context.transaction() as session:
        risk_eraser().erase(session, PersonToErase(person, frozenset()), context.clock.now())
    assert person not in looks(context)
    assert other in looks(context)
    with context.snapshot() as session:
        assert list(session.scalars(select(DecisionRow.person_ref))) == [other]


def test_nothing_else_is_kept_of_a_person(context: NodeContext, script: ScriptedCoordinator) -> None:
    alerts(context, script, threshold=Band.MEDIUM, as_of=AS_OF)
    assert {column.name for column in CheckedBandRow.__table__.columns} == {"person_ref", "month", "band"}
    assert {band for _, band in looks(context).values()} <= {band.value for band in Band}


def test_bands_and_their_names() -> None:
    assert [band_of(start) for start in BAND_STARTS.values()] == list(Band)
    assert band_of(0.4999) is Band.MEDIUM
    assert parse_band("high") is Band.HIGH
    for wrong in ("low", "huge", ""):
        with pytest.raises(BandInvalid):
            parse_band(wrong)
