"""Consents of other entities at a holder: received, checked, kept, and adopted with the assurance that was found.

An adopted consent is an entry of this entity's own ledger, with itself as controller, its own id of the person, and the
origin of the consent with the proofs of the person's will. The reply to a copy is the same whether or not the person is
known here, and whatever its evidence proves.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.orm import Session

from consent_ledger.consents.model import NOTHING_LEFT, ConsentView, Withdrawal
from consent_ledger.log.bodies import EXPLICIT_CONSENT_BASIS, ConsentBody
from consent_ledger.log.given_elsewhere import ConsentOrigin
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.witnessing.assignment import trust_policy
from node.consents.assurance.alarm import TOO_MANY, note_arrival, within_limit
from node.consents.assurance.findings import Findings, bound_terms, examine
from node.consents.assurance.policy import record_policy
from node.consents.assurance.verifiers import evidence_verifiers
from node.consents.changes import ConsentChanges, ReportedBy
from node.consents.guardians import AGE_OF_CONSENT_YEARS, circumstances, relation_decides
from node.consents.held import HeldConsents
from node.consents.propagation.bars import bars_of
from node.consents.propagation.notifications import post_withdrawal
from node.consents.propagation.withdrawals import OTHER_ENTITY
from node.doubts.checking import Told, compare
from node.inbox.items import Inbox, ItemKind, NewItem
from node.messages.kinds import Response
from node.people.linking import find_person, hidden_pseudonym, pairwise_keys
from node.people.store import people_store
from policies.birth import Reached
from policies.catalogue import Sensitivity, load_catalogue
from policies.errors import ErrorKind, RedpactError
from policies.local_days import local_day
from policies.vocabulary import load_vocabulary
from presentation.messages import _
from records_exchange.assurance.arrivals import Arrival
from records_exchange.assurance.evidence import EvidenceContext
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.errors import CopyInvalid, CopyNotCosigned, CopyTooEarly, MessageMalformed
from records_exchange.message import Message, VerifiedMessage
from records_exchange.reported_ends import EndMeaning, KeptEnd, SqlReportedEnds
from records_exchange.store import SqlExchangeStore
from records_exchange.travel import CopyBody, OpenedCopy, open_copy, parse_copy, read_copy, require_possible_times
from records_exchange.travel_store import KeptCopy, SqlTravelStore
from trust.directory import Directory
from trust.parties import EntityKind, Party

if TYPE_CHECKING:
    from node.context import NodeContext

NOT_COSIGNED: Final = "copy_not_cosigned"
TOO_EARLY: Final = "copy_too_early"
NOT_AN_ORIGIN: Final = "not_an_origin"
"""A collaborating entity sees no record, and decides nothing about who does (Ley 4/2018 art. 7)."""
_KEPT: Final = Response({"effect": "kept"})
"""The one reply to a copy that is kept: in force, waiting for its person to be known, or of no use here."""
_UNCHANGED: Final = Response({"effect": "kept"}, remembered=False)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Incoming:
    """A proved consent, and what came beside it.

    Attributes:
        opened: the consent.
        copy: as it is kept.
        sent: the evidence.
        older: the version known before; None when there is none.
        sha256: digest of the message; None for a copy that waited.
    """

    opened: OpenedCopy
    copy: KeptCopy
    sent: CopyBody
    older: OpenedCopy | None = None
    sha256: str | None = None


def adopt_waiting(context: "NodeContext", changes: ConsentChanges, now: datetime) -> int:
    """Put in force the consents whose person has become known here, and return how many.

    One that cannot be, such as a consent under the id of another, keeps no other from it, and is dropped.
    """
    with context.transaction() as session:
        waiting = SqlTravelStore(session).waiting_copies(now)
    try:
        with context.transaction() as session:
            return sum(_adopted(context, changes, session, copy, now) for copy in waiting)
    except RedpactError:
        return sum(_adopted_alone(context, changes, copy, now) for copy in waiting)


def _adopted_alone(context: "NodeContext", changes: ConsentChanges, copy: KeptCopy, now: datetime) -> bool:
    try:
        with context.transaction() as session:
            return _adopted(context, changes, session, copy, now)
    except RedpactError as error:
        _log.warning("consent_copy_not_adopted", sender=copy.sender, code=error.code, message=error.message)
        if error.kind in (ErrorKind.REFUSED, ErrorKind.USAGE):  # no fault of this machine: it never can be
            with context.transaction() as session:
                SqlTravelStore(session).drop_copy(copy.sender, copy.consent_id)
        return False


def _adopted(context: "NodeContext", changes: ConsentChanges, session: Session, copy: KeptCopy, now: datetime) -> bool:
    if SqlTravelStore(session).copy(copy.sender, copy.consent_id) != copy:
        return False  # ended, replaced or erased meanwhile
    sent = CopyBody.model_validate_json(copy.evidence) if copy.evidence else CopyBody(proof="")
    incoming = _Incoming(read_copy(copy.proof), copy, sent)
    return _adopt(context, HeldConsents(context, session, changes), session, incoming, now) is not None


def receive_copy(
    context: "NodeContext", changes: ConsentChanges, session: Session, received: VerifiedMessage, now: datetime
) -> Response:
    """Check a consent of another entity and keep it; in force at once when its person is known here.

    Newer versions count towards the limit of their origin as new consents do. One that takes something away is always
    taken.
    """
    message, store = received.message, SqlTravelStore(session)
    if received.sender.kind is EntityKind.COLLABORATOR:
        return Response(refusal=NOT_AN_ORIGIN, remembered=False)
    sent, subject = parse_copy(message.body), _subject_of(message)
    if isinstance(found := _opened(context, session, message.sender, sent, now), Response):
        return found
    (opened, known), record = found, found[0].record
    if bars := bars_of(context, session, record, now):
        _inform_origin(session, record, bars, message.sender, now)
        return _UNCHANGED  # ended before it came
    if known is not None and known.index >= opened.index:
        return _UNCHANGED  # an older version, or the same again
    older = read_copy(known.proof) if known else None
    less = older is not None and _takes_away(record, older.record)
    within = within_limit(context, session, message.sender, now)
    if not within and not less:
        return Response(refusal=TOO_MANY, remembered=False)
    if not within and known is not None and not known.waiting:
        sent = sent.model_copy(update={"evidence": ()})  # no further papers; what proved a wider version is carried on
    copy = KeptCopy(
        sender=message.sender,
        consent_id=record.consent_id,
        index=opened.index,
        proof=sent.proof_bytes,
        subject=hidden_pseudonym(context, subject),
        waiting=True,
        expires_at=record.valid_until,
        told_at=min(message.issued, now),
        evidence=_beside(sent),
    )
    store.keep_copy(copy)
    incoming = _Incoming(opened, copy, sent, older, received.sha256)
    adopted = _adopt(context, HeldConsents(context, session, changes), session, incoming, now)
    arrival = adopted.arrival if adopted else Arrival.STRANGER
    if not less or sent.evidence or arrival is Arrival.FAILED:
        note_arrival(context, session, message.sender, copy.subject, arrival)
    return _KEPT


def _subject_of(message: Message) -> str:
    if message.subject is None:
        raise MessageMalformed(
            _("{sender} ha enviado un consentimiento que no corresponde a ninguna persona", sender=message.sender)
        )
    return message.subject


def _inform_origin(session: Session, record: ConsentBody, bars: list[KeptEnd], origin: str, now: datetime) -> None:
    """Inform the sender of a consent that the person withdrew it: it would not send it, had it heard of that."""
    SqlReportedEnds(session).known(record.consent_id, [bar.stated_by for bar in bars], now)
    for bar in bars:
        if bar.meaning is EndMeaning.WITHDRAWN and origin not in (bar.stated_by, bar.told_by):
            post_withdrawal(session, [origin], bar.withdrawal(), now, new=False)
            return


def _opened(
    context: "NodeContext", session: Session, sender: str, sent: CopyBody, now: datetime
) -> tuple[OpenedCopy, KeptCopy | None] | Response:
    """Return a verified consent and the version of it that is kept here; a refusal when it does not verify.

    One that is over is refused when it is not known here; it ends a longer one that is.
    """
    policy = TrustPolicy.parse(trust_policy(context.directory.current(now), sender))
    try:
        opened = open_copy(sent.proof_bytes, policy, origin=sender, holder=context.settings.entity)
        require_possible_times(opened, sender, now)
        known = SqlTravelStore(session).copy(sender, opened.record.consent_id)
        if known is None:
            opened.require_lasting(now)
    except (CopyNotCosigned, CopyTooEarly, CopyInvalid) as error:
        if isinstance(error, CopyInvalid):
            _log.warning("consent_copy_refused", sender=sender, code=error.code, message=error.message)
        return Response(refusal=error.code, remembered=False)
    return opened, known


def _adopt(
    context: "NodeContext", consents: HeldConsents, session: Session, incoming: _Incoming, now: datetime
) -> Findings | None:
    """Take in a proved consent when its person is known here and was entitled to give it; return what was found."""
    directory, opened, copy = context.directory.current(now), incoming.opened, incoming.copy
    if opened.is_over(now) and consents.find(copy.consent_id) is None:
        # Its older version waited here for the person, and ends so. It is kept so that an older one stays out.
        SqlTravelStore(session).keep_copy(replace(copy, waiting=False, evidence=None))
        return None
    if bars_of(context, session, opened.record, now):
        return None  # ended while it waited, as reported by another entity than its sender
    person = _person_entitled(context, session, opened, copy, sender=directory.party(copy.sender), now=now)
    if person is None:
        return None
    _compare(context, session, incoming, person, now)
    own, reported_by = context.settings.entity, ReportedBy(copy.sender, incoming.sha256)
    found = _found(context, session, incoming, person, now)
    held = consents.find(copy.consent_id)
    if held and held.record.origin and incoming.older and _within(opened.record, incoming.older.record):
        found = found.carried_from(held.record.origin)
    record = adopted_record(opened, person, own, directory, told_at=min(copy.told_at, now), found=found)
    SqlTravelStore(session).keep_copy(replace(copy, waiting=False, evidence=None))
    if record is None:
        act = Withdrawal(
            acted_by=opened.record.acted_by,
            guardian=opened.record.guardian,
            method=OTHER_ENTITY,
            reason=NOTHING_LEFT,
            entity=copy.sender,
            acted_at=opened.acted_at,
        )
        consents.end_unusable(copy.consent_id, act, reported_by, now)
        return found
    record_policy(context, session)
    older = incoming.older
    consents.adopt(
        record, reported_by, now, lost_here=older is not None and _lost_here(older.record, opened.record, own)
    )
    _ask_for_confirmation(session, found, held, copy, now)
    return found


def _compare(context: "NodeContext", session: Session, incoming: _Incoming, person: str, now: datetime) -> None:
    """Open a doubt where the origin may speak of another person.

    The consent is adopted all the same, as a narrower version must not be missed; `node.consents.in_force` waits for a
    decision.
    """
    sender = incoming.copy.sender
    keys = pairwise_keys(context, context.directory.current(now).party(sender))
    told = Told(sender, incoming.copy.subject, incoming.sent.identity, keys)
    compare(context, people_store(context, session), person, told, now)


def _beside(sent: CopyBody) -> bytes | None:
    """Return what came beside a consent, as it is kept while its person is not known here."""
    if not sent.evidence and sent.identity is None:
        return None
    return sent.model_copy(update={"proof": ""}).model_dump_json().encode()


def _found(context: "NodeContext", session: Session, incoming: _Incoming, person: str, now: datetime) -> Findings:
    record, sent = incoming.opened.record, incoming.sent
    consent = EvidenceContext(
        session=session,
        origin=incoming.copy.sender,
        holder=context.settings.entity,
        person_ref=person,
        terms=bound_terms(sent, record),
        now=now,
    )
    return examine(evidence_verifiers(context), sent.evidence, consent, form=record.evidence_sha256)


def _takes_away(newer: ConsentBody, older: ConsentBody) -> bool:
    """Return whether a person who agreed to `older` took something of it away by `newer`."""
    parts = ("fields", "purposes", "recipients", "holders")
    lost = any(not set(getattr(older, name)) <= set(getattr(newer, name)) for name in parts)
    return lost or newer.valid_until < older.valid_until


def _within(newer: ConsentBody, older: ConsentBody) -> bool:
    return ConsentTerms.of(newer).within(ConsentTerms.of(older))


def _ask_for_confirmation(
    session: Session, found: Findings, held: ConsentView | None, copy: KeptCopy, now: datetime
) -> None:
    """Write to the inbox that a signed form waits for a professional, once for each form."""
    before = held.record.origin.form_sha256 if held and held.record.origin else None
    if found.form_sha256 is not None and found.form_sha256 != before:
        Inbox(session).add(NewItem(ItemKind.CONSENT_REQUEST, copy.consent_id, copy.sender), now)


def _person_entitled(
    context: "NodeContext", session: Session, opened: OpenedCopy, copy: KeptCopy, *, sender: Party, now: datetime
) -> str | None:
    """Return the id of the person that a copy is about; None when unknown here, or decided by nobody entitled."""
    people = people_store(context, session)
    person = find_person(people, SqlExchangeStore(session), pairwise_keys(context, sender), copy.subject)
    if person is None:
        return None
    minor = people.identity(person).reached(AGE_OF_CONSENT_YEARS, local_day(now)) is not Reached.YES
    guardian = opened.record.guardian
    if guardian is None:
        return None if minor else person  # LOPDGDD art. 7
    measure = circumstances(context, session, person, None).measure
    return person if relation_decides(guardian.relation, minor=minor, measure=measure) else None


def _lost_here(older: ConsentBody, newer: ConsentBody, own: str) -> bool:
    """Return whether this entity may receive less under the newer version, whatever of either it has adopted."""
    terms = (*older.fields, *older.purposes)
    dropped = own in older.recipients and own not in newer.recipients
    return dropped or not set(terms) <= {*newer.fields, *newer.purposes}


def adopted_record(
    opened: OpenedCopy, person: str, own: str, directory: Directory, *, told_at: datetime, found: Findings
) -> ConsentBody | None:
    """Return a consent given elsewhere as this entity adopts it; None when nothing of it is of use here.

    Left out are fields and purposes that this entity's documents do not list or never share, special categories without
    an explicit basis, and recipients that may not see records.
    """
    given, catalogue = opened.record, load_catalogue()
    explicit = given.lawful_basis == EXPLICIT_CONSENT_BASIS
    known = [catalogue.field(name) for name in given.fields if name in catalogue]
    specs = [spec for spec in known if spec.shareable and (explicit or spec.sensitivity is not Sensitivity.P3)]
    purposes = {purpose.id: purpose for purpose in load_vocabulary().purposes if purpose.exchange}
    wanted = tuple(name for name in given.purposes if name in purposes)
    recipients = tuple(name for name in given.recipients if name != own and _may_receive(directory, name))
    if not specs or not wanted or not recipients:
        return None
    origin = ConsentOrigin(
        entity=given.controller,
        index=opened.index,
        leaf_hash=opened.leaf_hash,
        acted_at=opened.acted_at,
        told_at=told_at,
        proofs=found.proofs,
        form_sha256=found.form_sha256,
        terms_sha256=found.terms_sha256,
        unproved=found.unproved,
        declined=found.declined,
    )
    return given.model_copy(
        update={
            "controller": own,
            "person_ref": person,
            "origin": origin,
            "storage_locations": (own,),
            "fields": tuple(spec.id for spec in specs),
            "special_fields": tuple(spec.id for spec in specs if spec.sensitivity is Sensitivity.P3),
            "purposes": wanted,
            "purpose_types": tuple(purposes[name].dpv for name in wanted),
            "recipients": recipients,
        }
    )


def _may_receive(directory: Directory, entity: str) -> bool:
    return entity in directory and directory.party(entity).kind is not EntityKind.COLLABORATOR
