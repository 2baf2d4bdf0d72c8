"""Copies of consents: sent to the other holders that the person named, and adopted from other entities.

An adopted consent is an entry of this entity's own ledger, with itself as controller, its own id of the person, and the
origin of the consent. The reply to a copy is the same whether or not the person is known here.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy.orm import Session

from consent_ledger.consents.model import ConsentView, Withdrawal
from consent_ledger.log.bodies import EXPLICIT_CONSENT_BASIS, Actor, ConsentBody, ConsentOrigin
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.entry_proofs import prove_entry
from consent_ledger.witnessing.assignment import trust_policy
from node.consents.changes import ConsentChanges, ReportedBy
from node.consents.guardians import AGE_OF_CONSENT_YEARS
from node.consents.held import HeldConsents
from node.consents.propagation.parties import parties_of
from node.consents.propagation.withdrawals import OTHER_ENTITY
from node.ledger.own import own_ledger
from node.ledger.witnessing.rounds import catch_up
from node.ledger.witnessing.state import own_testimony
from node.messages.kinds import Kind, Response
from node.people.linking import find_person, pairwise_keys
from node.people.store import people_store
from policies.catalogue import Sensitivity, load_catalogue
from policies.vocabulary import load_vocabulary
from presentation.messages import _
from records_exchange.errors import CopyInvalid, CopyNotCosigned, MessageMalformed
from records_exchange.mailboxes import NewNotification, Notification, SqlMailbox
from records_exchange.message import VerifiedMessage
from records_exchange.store import SqlExchangeStore
from records_exchange.travel import CONSENT_COPY, OpenedCopy, encode_copy, open_copy, proof_bytes, read_copy
from records_exchange.travel_store import KeptCopy, SqlTravelStore
from trust.directory import Directory
from trust.parties import EntityKind, Party

if TYPE_CHECKING:
    from node.context import NodeContext

NOT_COSIGNED: Final = "copy_not_cosigned"
NOTHING_LEFT: Final = "nothing_left_here"
"""The reason by which a consent ends here when nothing of its newer version is of use here."""
_KEPT: Final = Response({"effect": "kept"})
"""The one reply to a copy that is kept: in force, waiting for its person to be known, or of no use here."""

_log = structlog.get_logger(__name__)


def copy_kind(context: "NodeContext", changes: ConsentChanges) -> Kind:
    """Return the kind of message that carries a consent."""
    compose, receive = partial(_compose, context), partial(_receive, context, changes)
    return Kind(CONSENT_COPY, receive, compose=compose, again=frozenset({NOT_COSIGNED}))


def post_copies(session: Session, view: ConsentView, now: datetime) -> None:
    """Write the present version of a consent to the outbox for its other holders, in place of older unsent ones.

    An older version that arrived alone would pass for the origin's current version.
    """
    SqlMailbox(session).take_back(CONSENT_COPY, view.consent_id)
    content = {"consent_id": view.consent_id, "index": view.last_index}
    SqlMailbox(session).post(
        [
            NewNotification(CONSENT_COPY, holder, view.consent_id, content, view.person_ref)
            for holder in view.record.holders
        ],
        now,
    )


def adopt_waiting(context: "NodeContext", changes: ConsentChanges, session: Session, now: datetime) -> int:
    """Put in force the consents whose person has become known here, and return how many."""
    done = 0
    for copy in SqlTravelStore(session).waiting_copies(now):
        done += _adopt(context, HeldConsents(context, session, changes), session, read_copy(copy.proof), copy, now=now)
    return done


def _compose(context: "NodeContext", notification: Notification) -> Mapping[str, Any]:
    catch_up(context)
    with context.snapshot() as session:
        _, proof = prove_entry(
            own_ledger(context, session), int(notification.content["index"]), own_testimony(context, session)
        )
    return encode_copy(proof)


def _receive(
    context: "NodeContext", changes: ConsentChanges, session: Session, received: VerifiedMessage, now: datetime
) -> Response:
    message, own = received.message, context.settings.entity
    directory = context.directory.current(now)
    proof = proof_bytes(message.body)
    policy = TrustPolicy.parse(trust_policy(directory, message.sender))
    if message.subject is None:
        raise MessageMalformed(
            _("{sender} ha enviado un consentimiento que no corresponde a ninguna persona", sender=message.sender)
        )
    try:
        opened = open_copy(proof, policy, origin=message.sender, holder=own, now=now)
    except CopyNotCosigned:
        return Response(refusal=NOT_COSIGNED)
    except CopyInvalid as error:
        _log.warning("consent_copy_refused", sender=message.sender, code=error.code, message=error.message)
        return Response(refusal=error.code)
    record, store = opened.record, SqlTravelStore(session)
    if parties_of(record).intersection(store.barred_by(record.consent_id, now)):
        return _KEPT  # withdrawn before it came
    known = store.copy(message.sender, record.consent_id)
    if known is not None and known.index >= opened.index:
        return _KEPT  # an older version, or the same again
    copy = KeptCopy(
        sender=message.sender,
        consent_id=record.consent_id,
        index=opened.index,
        proof=proof,
        subject=message.subject,
        waiting=True,
        expires_at=record.valid_until,
        told_at=min(message.issued, now),
    )
    store.keep_copy(copy)
    consents, older = HeldConsents(context, session, changes), read_copy(known.proof) if known else None
    _adopt(context, consents, session, opened, copy, now=now, older=older, sha256=received.sha256)
    return _KEPT


def _adopt(
    context: "NodeContext",
    consents: HeldConsents,
    session: Session,
    opened: OpenedCopy,
    copy: KeptCopy,
    *,
    now: datetime,
    older: OpenedCopy | None = None,
    sha256: str | None = None,
) -> bool:
    """Put a proved consent in force when its person is known here and was entitled to give it."""
    directory = context.directory.current(now)
    if parties_of(opened.record).intersection(SqlTravelStore(session).barred_by(copy.consent_id, now)):
        return False  # withdrawn while it waited, as reported by another entity than its sender
    person = _person_entitled(context, session, opened, copy, sender=directory.party(copy.sender), now=now)
    if person is None:
        return False
    own, reported_by = context.settings.entity, ReportedBy(copy.sender, sha256)
    record = adopted_record(opened, person, own, directory, told_at=copy.told_at)
    SqlTravelStore(session).keep_copy(replace(copy, waiting=False))
    if record is None:
        act = Withdrawal(
            acted_by=opened.record.acted_by,
            guardian=opened.record.guardian,
            method=OTHER_ENTITY,
            reason=NOTHING_LEFT,
            entity=copy.sender,
            acted_at=min(opened.acted_at, now),
        )
        consents.end_unusable(copy.consent_id, act, reported_by, now)
        return False
    consents.adopt(
        record, reported_by, now, lost_here=older is not None and _lost_here(older.record, opened.record, own)
    )
    return True


def _person_entitled(
    context: "NodeContext", session: Session, opened: OpenedCopy, copy: KeptCopy, *, sender: Party, now: datetime
) -> str | None:
    """Return the id of the person that a copy is about; None when unknown here, or not entitled to act alone."""
    people = people_store(context, session)
    person = find_person(people, SqlExchangeStore(session), pairwise_keys(context, sender), copy.subject)
    if person is None:
        return None
    minor = people.identity(person).age_on(now.date()) < AGE_OF_CONSENT_YEARS
    return None if minor and opened.record.acted_by is Actor.PERSON else person  # LOPDGDD art. 7


def _lost_here(older: ConsentBody, newer: ConsentBody, own: str) -> bool:
    """Return whether this entity may receive less under the newer version, whatever of either it has adopted."""
    terms = (*older.fields, *older.purposes)
    dropped = own in older.recipients and own not in newer.recipients
    return dropped or not set(terms) <= {*newer.fields, *newer.purposes}


def adopted_record(
    opened: OpenedCopy, person: str, own: str, directory: Directory, *, told_at: datetime
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
