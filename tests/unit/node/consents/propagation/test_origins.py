"""What status and doctor say of the outbox and of those where consents were given."""

from node.consents.propagation.background import send_heartbeats
from node.consents.propagation.origins import check_origins
from node.messages.state import check_outbox, notification_lines, waiting_for
from presentation.messages import in_language
from service.findings import Level
from tests.support.town import Town


def test_who_has_not_answered_is_shown_and_after_a_day_warned_of(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    assert waiting_for(town["origin"].context) == {}
    town.wires.partition(["holder"], ["origin"])
    town["origin"].consents.withdraw(consent)
    town.deliver()
    assert waiting_for(town["origin"].context) == {"holder": 1}
    assert check_outbox(town["origin"].context).level is Level.OK
    town.later(hours=25)
    found = check_outbox(town["origin"].context)
    assert found.level is Level.WARNING
    assert "holder" in in_language(found.text, "es")


def test_the_administrator_reads_whose_acknowledgement_is_missing() -> None:
    assert notification_lines({"holder": 2}, "es") == ["Avisos sin acuse de recibo: holder (2)"]
    assert notification_lines({}, "en") == []


def test_an_origin_that_is_silent_for_too_long_is_warned_of(town: Town) -> None:
    town.give("holder")
    town.deliver()
    assert check_origins(town["holder"].context).level is Level.OK
    town.later(hours=49)
    found = check_origins(town["holder"].context)
    assert found.level is Level.WARNING
    assert "origin" in in_language(found.text, "en")
    send_heartbeats(town["origin"].context, town["origin"].outbox)
    assert check_origins(town["holder"].context).level is Level.OK
