"""The limits of an origin at this holder, and the alarm when it sends unusually many consents without proof."""

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.orm import Session

from node.inbox.items import Inbox, ItemKind, NewItem
from node.ledger.own import own_policy
from policies.errors import RedpactError
from presentation.formats import number
from presentation.messages import _, speaking
from records_exchange.assurance.arrivals import Arrival, OriginCount, SqlArrivals
from service.findings import Finding, Level

if TYPE_CHECKING:
    from datetime import datetime

    from node.context import NodeContext

TOO_MANY: Final = "too_many_consents"
"""The refusal of a new consent of an origin that has reached its limit; it may send it again later."""
UNPROVED_ALARM: Final = "many_unproved"


def within_limit(context: "NodeContext", session: Session, origin: str, now: "datetime") -> bool:
    """Return whether one more consent of an origin is taken now; one too many is written to the inbox once a day."""
    limits = own_policy(context, session).read().limits
    if SqlArrivals(session).count(origin, now).consents < limits.consents_a_day:
        return True
    _alarm(session, origin, TOO_MANY, now)
    return False


def note_arrival(context: "NodeContext", session: Session, origin: str, subject: str, outcome: Arrival) -> None:
    """Count a consent of an origin, and alarm when unusually many people have no proof."""
    arrivals, now = SqlArrivals(session), context.clock.now()
    arrivals.note(origin, subject, outcome, now)
    if outcome is not Arrival.PROVED:
        limits = own_policy(context, session).read().limits
        if arrivals.count(origin, now).unproved >= limits.alarm_at:
            _alarm(session, origin, UNPROVED_ALARM, now)


def suspicious_origins(context: "NodeContext", session: Session, now: "datetime") -> tuple[OriginCount, ...]:
    """Return the origins that reached a limit in the last 24 hours."""
    limits = own_policy(context, session).read().limits
    return tuple(
        each
        for each in SqlArrivals(session).counts(now)
        if each.unproved >= limits.alarm_at or each.consents >= limits.consents_a_day
    )


def origins_document(context: "NodeContext", session: Session, now: "datetime") -> list[dict[str, Any]]:
    """Return the consents that came in the last 24 hours by origin, with the alarm, for ``status``."""
    alarmed = {each.origin for each in suspicious_origins(context, session, now)}
    return [
        {
            "origin": each.origin,
            "consents": each.consents,
            "people": each.people,
            "unproved": each.unproved,
            "alarm": each.origin in alarmed,
        }
        for each in SqlArrivals(session).counts(now)
    ]


def origins_lines(document: list[dict[str, Any]], lang: str) -> list[str]:
    """Return the lines of ``status`` about origins that reached a limit."""
    say = speaking(lang)
    return [
        say(
            "! {origin} ha enviado en 24 horas consentimientos sin prueba de {unproved} personas.",
            origin=each["origin"],
            unproved=number(each["unproved"], lang),
        )
        for each in document
        if each["alarm"]
    ]


def check_arrivals(context: "NodeContext") -> Finding:
    """Check that no origin sends unusually many consents without proof, and that the policy asks for proofs."""
    try:
        with context.snapshot() as session:
            found = suspicious_origins(context, session, context.clock.now())
            lowered = own_policy(context, session).read().lowered
    except RedpactError as error:
        return Finding.of_error("assurance", error)
    if found:
        names = ", ".join(each.origin for each in found)
        text = _("Demasiados consentimientos sin prueba en 24 horas, enviados por: {names}", names=names)
        remedy = _("hable con esas entidades y avise a la persona delegada de protección de datos")
        return Finding("assurance", Level.WARNING, text, remedy)
    if lowered:
        text = _("La palabra de otra entidad basta para compartir datos {levels}", levels=", ".join(lowered))
        remedy = _("pida una prueba de la persona: redpact-node consent assurance set")
        return Finding("assurance", Level.WARNING, text, remedy)
    return Finding("assurance", Level.OK, _("Los consentimientos de otras entidades necesitan una prueba"))


def _alarm(session: Session, origin: str, detail: str, now: "datetime") -> None:
    item = NewItem(ItemKind.ORIGIN_ALARM, now.date().isoformat(), origin, detail)
    Inbox(session).add_once([item], now)
