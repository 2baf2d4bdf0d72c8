"""The death of a person: consents and open referrals end, recipients of data are told, nothing is erased."""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from consent_ledger.log.end_bodies import PERSON_DECEASED
from consent_ledger.log.person_bodies import PersonChange
from node.consents.held import HeldConsents
from node.consents.propagation.parties import parties_of
from node.people.standing import sealed_day
from node.people.store import people_store
from node.person_changes.errors import PersonChangeInvalid
from node.person_changes.record import PersonChanged, note_change
from node.referrals.steps import Steps
from node.referrals.store import ReferralStore
from policies.local_days import local_day
from policies.referrals import OPEN, ReferralSide, ReferralState, ReferralStep
from presentation.messages import _
from records_exchange.travel_store import SqlTravelStore

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from node.consents.changes import ConsentChanges
    from node.context import NodeContext
    from node.people.documents import Document


def record_death(
    context: "NodeContext", changes: "ConsentChanges", document: "Document", died_on: date, professional: str
) -> PersonChanged:
    """Record that a person has died, in all their records; durable when this returns.

    Consents end with their own state, open referrals with their own reason. Every party to a consent, and everybody who
    received data under it, is told by the outbox. From now on there is no consent, fetch or training use of the person.

    Raises:
        PersonUnknown: nobody here has that document.
        PersonChangeInvalid: the death is recorded already, or its day is in the future or before the birth.
    """
    now = context.clock.now()
    if died_on > local_day(now):
        raise PersonChangeInvalid(_("la fecha del fallecimiento es futura"), remedy=_("compruebe --date"))
    with context.transaction() as session:
        people, consents = people_store(context, session), HeldConsents(context, session, changes)
        person = people.get_by_document(document).person_id
        _require_possible(context, session, person, died_on)
        ended, referrals, told = [], [], set[str]()
        for record in people.standing.group(person):
            standing = replace(
                people.standing.of(record), died_on=sealed_day(record, died_on, people.cipher_of(record))
            )
            for view in consents.end_of_deceased(record, now):
                ended.append(view.consent_id)
                told |= {*parties_of(view.record), *SqlTravelStore(session).recipients(view.consent_id)}
            referrals += _end_referrals(context, session, record, now)
            people.standing.keep(standing, now)
            changed = PersonChanged(PersonChange.DECEASED, record)
            note_change(context, session, changed, professional, now)
        told -= {context.settings.entity}
    return PersonChanged(
        PersonChange.DECEASED,
        person,
        told=tuple(sorted(told)),
        consents=tuple(ended),
        referrals=tuple(referrals),
    )


def _require_possible(context: "NodeContext", session: "Session", person: str, died_on: date) -> None:
    people = people_store(context, session)
    if people.standing.of(person).died:
        raise PersonChangeInvalid(_("el fallecimiento ya consta"), remedy=_("no hace falta hacer nada"))
    span = people.identity(person).birth_date.span
    if span is not None and died_on < span[0]:
        raise PersonChangeInvalid(_("la fecha del fallecimiento es anterior al nacimiento"), remedy=_("compruébela"))


def _end_referrals(context: "NodeContext", session: "Session", person: str, now: "datetime") -> list[str]:
    """End the open referrals of a person, each by the step that this side of it may take."""
    store, steps = ReferralStore(session), Steps(context, session)
    ended = []
    for referral in store.all(person_ref=person):
        if referral.state not in OPEN:
            if referral.code == PERSON_DECEASED:  # ended with the consent on which it rested
                ended.append(referral.referral_id)
            continue
        if referral.side is ReferralSide.SENDER:
            step = ReferralStep.REVOKE
        elif referral.state is ReferralState.RECEIVED:
            step = ReferralStep.REJECT
        else:
            step = ReferralStep.FINISH
        steps.take(referral, step, now, code=PERSON_DECEASED)
        ended.append(referral.referral_id)
    return ended
