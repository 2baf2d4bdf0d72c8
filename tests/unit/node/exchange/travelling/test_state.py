"""What status and doctor say of the outbox and of those where consents were given."""

from node.exchange.consents import Consents
from node.exchange.messages.state import check_outbox, waiting_for
from node.exchange.travelling.background import send_pulses
from node.exchange.travelling.state import check_origins
from node.runtime.findings import Level
from node.status import summary_text
from tests.support.town import Town


def test_who_has_not_answered_is_shown_and_after_a_day_warned_of(town: Town) -> None:
    consent = town.give("holder")
    town.deliver()
    assert waiting_for(town["origin"]) == {}
    town.wires.partition(["holder"], ["origin"])
    Consents(town["origin"]).withdraw(consent)
    town.deliver()
    assert waiting_for(town["origin"]) == {"holder": 1}
    assert check_outbox(town["origin"]).level is Level.OK
    town.later(hours=25)
    found = check_outbox(town["origin"])
    assert found.level is Level.WARNING
    assert "holder" in found.es


def test_the_administrator_reads_whose_acknowledgement_is_missing() -> None:
    labels = ("entity", "network", "listen", "coordinator_address", "certificate_until", "ledger_size")
    words = dict.fromkeys((*labels, "consents_due", "directory_serial", "directory_expires"), "x")
    witnesses = {"needed": 0, "witnesses": [], "cosigned_size": None, "cosigned_at": None, "age_seconds": None}
    document = {
        **words,
        "witnesses": {**witnesses, "waiting": 0, "unproven": []},
        "evidence": {},
        "refused_calls": [],
        "entities": [],
    }
    assert "holder (2)" in summary_text({**document, "notices_waiting": {"holder": 2}}, "es")
    assert "acuse" not in summary_text({**document, "notices_waiting": {}}, "es")


def test_an_origin_that_is_silent_for_too_long_is_warned_of(town: Town) -> None:
    town.give("holder")
    town.deliver()
    assert check_origins(town["holder"]).level is Level.OK
    town.later(hours=49)
    found = check_origins(town["holder"])
    assert found.level is Level.WARNING
    assert "origin" in found.en
    send_pulses(town["origin"])
    assert check_origins(town["holder"]).level is Level.OK
