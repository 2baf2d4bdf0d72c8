"""What status and doctor say of the outbox and of those where consents were given."""

from node.consents.in_force import InForce, consent_in_force
from node.consents.propagation.origins import SilentOrigin, check_origins, silence_lines, silent_origins
from node.consents.report import consent_text
from node.messages.state import check_outbox, notification_lines, unanswered
from node.seals.contacts import contacts_in
from presentation.messages import in_language
from service.findings import Level
from tests.support.consent_sides import give
from tests.support.one_side import OneSide
from tests.support.origin_peer import OriginPeer


def silent(side: OneSide) -> tuple[SilentOrigin, ...]:
    with side.context.snapshot() as session:
        contacts = contacts_in(session, side.context.keys.cipher)
        return silent_origins(contacts, InForce(side.context, session, side.clock.now()).list())


def test_who_has_not_answered_is_shown_and_after_a_day_warned_of(origin: OneSide) -> None:
    consent = give(origin, "holder")
    origin.deliver()
    assert unanswered(origin.context) == []
    origin.peers.away.add("holder")
    origin.consents.withdraw(consent)
    origin.deliver()
    assert unanswered(origin.context) == [{"entity": "holder", "notices": 1, "why": "not_reached"}]
    assert check_outbox(origin.context).level is Level.OK
    origin.later(hours=25)
    found = check_outbox(origin.context)
    assert found.level is Level.WARNING
    assert "holder" in in_language(found.text, "es")


def test_the_administrator_reads_whose_acknowledgement_is_missing() -> None:
    waiting = [
        {"entity": "holder", "notices": 2, "why": "not_reached"},
        {"entity": "town", "notices": 1, "why": "silent"},
    ]
    assert notification_lines(waiting, {"town": "Entidad town"}, "es") == [
        "Avisos sin acuse (no se ha llegado a ella: no lo ha recibido): holder (2)",
        "Avisos sin acuse (enviado, sin respuesta válida): Entidad town (1)",
    ]
    assert notification_lines([], {}, "en") == []


def test_an_origin_that_is_silent_for_too_long_is_warned_of(holder: OneSide, elsewhere: OriginPeer) -> None:
    elsewhere.given("holder")
    assert check_origins(holder.context).level is Level.OK
    holder.later(hours=49)
    found = check_origins(holder.context)
    assert found.level is Level.WARNING
    assert "origin" in in_language(found.text, "en")
    elsewhere.vouch()
    assert check_origins(holder.context).level is Level.OK


def test_consents_that_lapse_for_want_of_heartbeats_are_named_with_the_reason_and_the_next_step(
    holder: OneSide, elsewhere: OriginPeer
) -> None:
    consent = elsewhere.given("holder")
    assert silence_lines([each.document() for each in silent(holder)], "es") == []
    heard = holder.clock.now()
    holder.later(hours=49)
    (found,) = silent(holder)
    assert (found.entity, found.consents, found.heard_until) == ("origin", 1, heard)
    what, next_step = silence_lines([found.document()], "es")
    assert "origin (1, sin noticias desde" in what
    assert "no se puede saber si se han retirado" in what
    assert "pregunte si su nodo está en marcha" in next_step
    shown = consent_text(consent_in_force(holder.context, consent.consent_id), lang="en")
    assert "no: nothing was heard of origin for too long" in shown
    assert "redpact-node doctor" in shown
