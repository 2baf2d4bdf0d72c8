"""A clock that is put back says so: what was given just before is not silently without effect."""

from datetime import timedelta

import pytest

from consent_ledger.consents.in_force import Obstacle
from node.consents.in_force import consent_in_force
from node.consents.in_force_report import in_force_remedy
from node.consents.report import consent_text, consents_text
from node.consents.status import consent_status
from node.consents.status_report import status_text
from node.context import NodeContext
from node.operations.doctor import check_clock
from presentation.messages import in_language, speaking
from service.findings import Level
from tests.support.clock import FrozenClock
from tests.support.parts import grant


@pytest.mark.invariant(10)
def test_a_consent_given_before_the_clock_was_put_back_says_why_it_is_not_in_force(
    context: NodeContext, clock: FrozenClock
) -> None:
    consent = grant(context, "ngo")
    assert check_clock(context).level is Level.OK
    clock.advance(hours=-2)
    found = consent_in_force(context, consent)
    assert found.obstacle is Obstacle.NOT_STARTED
    said = "el reloj de este equipo marca una hora anterior"
    for text in (
        consent_text(found),
        consents_text([found]),
        status_text(consent_status(context, consent)),
    ):
        assert said in " ".join(text.split())
    assert "doctor" in in_force_remedy(found, speaking("es"))
    finding = check_clock(context)
    assert finding.level is Level.FAILED
    assert "antes de la última anotación" in in_language(finding.text, "es")
    clock.advance(hours=2)
    assert consent_in_force(context, consent).obstacle is None


def test_a_clock_a_little_behind_is_no_alarm(context: NodeContext, clock: FrozenClock) -> None:
    grant(context, "ngo")
    clock.advance(seconds=-timedelta(minutes=1).total_seconds())
    assert check_clock(context).level is Level.OK
