"""What status and doctor say of the outbox and of those where consents were given."""

from node.consents.propagation.origins import check_origins
from node.messages.state import check_outbox, notification_lines, waiting_for
from presentation.messages import in_language
from service.findings import Level
from tests.support.consent_sides import give
from tests.support.one_side import OneSide
from tests.support.origin_peer import OriginPeer


def test_who_has_not_answered_is_shown_and_after_a_day_warned_of(origin: OneSide) -> None:
    consent = give(origin, "holder")
    origin.deliver()
    assert waiting_for(origin.context) == {}
    origin.peers.away.add("holder")
    origin.consents.withdraw(consent)
    origin.deliver()
    assert waiting_for(origin.context) == {"holder": 1}
    assert check_outbox(origin.context).level is Level.OK
    origin.later(hours=25)
    found = check_outbox(origin.context)
    assert found.level is Level.WARNING
    assert "holder" in in_language(found.text, "es")


def test_the_administrator_reads_whose_acknowledgement_is_missing() -> None:
    assert notification_lines({"holder": 2}, "es") == ["Avisos sin acuse de recibo: holder (2)"]
    assert notification_lines({}, "en") == []


def test_an_origin_that_is_silent_for_too_long_is_warned_of(holder: OneSide, elsewhere: OriginPeer) -> None:
    elsewhere.given("holder")
    assert check_origins(holder.context).level is Level.OK
    holder.later(hours=49)
    found = check_origins(holder.context)
    assert found.level is Level.WARNING
    assert "origin" in in_language(found.text, "en")
    elsewhere.vouch()
    assert check_origins(holder.context).level is Level.OK
