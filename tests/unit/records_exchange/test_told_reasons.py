"""What an answer says of fields that do not leave, and the one reason of a refusal, tell nothing of the person."""

from datetime import timedelta
from typing import Final

from policies.access import AccessPolicy
from policies.reasons import ReasonCode
from records_exchange.checks import Decision, decide, open_request, settle
from tests.support.clock import START
from tests.support.simulated_peer import NETWORK, SimulatedPeer
from trust.directory import Directory

PEER: Final = SimulatedPeer("asker")
DIRECTORY: Final = Directory(
    network=NETWORK,
    serial=1,
    issued=START,
    expires=START + timedelta(days=7),
    coordinator_key="00" * 32,
    coordinator_address="127.0.0.1:1",
    ca_pem="",
    entities=(PEER.party,),
)


class Live:
    """A consent in force."""

    consent_id = "c-1"

    def __init__(self, *fields: str) -> None:
        self.fields = fields


def decided(*live: Live, fields: tuple[str, ...], role: str = "entity_technician") -> Decision:
    envelope = PEER.ask("holder", START, fields=fields, role=role)
    verified = open_request(envelope, caller="asker", holder="holder", directory=DIRECTORY, now=START)
    return decide(verified, live, AccessPolicy.load(), holder="holder")


def test_a_field_leaves_or_is_withheld_and_never_both() -> None:
    found = decided(Live("person.sex", "work.status"), fields=("person.sex", "work.status", "edu.level"))
    assert (found.allowed, set(found.withheld)) == (("person.sex", "work.status"), {"edu.level"})
    settled = settle(found, {"person.sex"})
    assert settled.allowed == ("person.sex",)
    assert settled.withheld == {"edu.level": ReasonCode.NOT_CONSENTED, "work.status": ReasonCode.NOT_RECORDED}
    assert settle(found, set()).refusal is ReasonCode.NOTHING_TO_SHARE


def test_a_refusal_gives_a_reason_only_where_nobody_could_have_been_answered() -> None:
    assert decided(fields=("action.notes",)).refusal is ReasonCode.NOT_SHARED
    assert decided(fields=("person.sex", "action.notes")).refusal is ReasonCode.NOTHING_TO_SHARE
    assert decided(fields=("person.sex",)).refusal is ReasonCode.NOTHING_TO_SHARE


def test_a_refusal_for_several_reasons_gives_none_of_them() -> None:
    several = ("action.notes", "protect.gender_violence")
    assert set(decided(fields=several).withheld.values()) == {ReasonCode.NOT_SHARED, ReasonCode.EXPLICIT_ACT_NEEDED}
    assert decided(fields=several).refusal is ReasonCode.NOTHING_TO_SHARE
