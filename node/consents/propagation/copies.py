"""Sending a consent to the other holders that the person named, and taking in those that others send.

What is taken in is this entity's own entry, with itself as controller, its own id of the person, and where the consent
was given. The reply is the same whether the person is known here or not.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy.orm import Session

from consent_ledger.consents.model import ConsentView
from consent_ledger.log.bodies import EXPLICIT_CONSENT_BASIS, Actor, ConsentBody, ConsentOrigin
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.receipt import prove_entry
from consent_ledger.witnessing.assignment import trust_policy
from node.consents.guardians import AGE_OF_CONSENT_YEARS
from node.consents.propagation.parties import parties_of
from node.ledger.own import own_consents, own_ledger
from node.ledger.witnessing.rounds import catch_up
from node.ledger.witnessing.state import own_testimony
from node.messages.kinds import Kind, Response
from node.people.linking import find_person, pairwise_key
from node.people.store import people_store
from policies.catalogue import Sensitivity, load_catalogue
from policies.vocabulary import load_vocabulary
from presentation.messages import _
from records_exchange.errors import CopyInvalid, CopyNotCosigned, MessageMalformed
from records_exchange.mailboxes import NewNotice, Notice, SqlMailbox
from records_exchange.message import VerifiedMessage
from records_exchange.store import SqlExchangeStore
from records_exchange.travel import CONSENT_COPY, OpenedCopy, encode_copy, open_copy, proof_bytes, read_copy
from records_exchange.travel_store import KeptCopy, SqlTravelStore
from trust.directory import Directory
from trust.parties import EntityKind

if TYPE_CHECKING:
    from node.context import NodeContext

NOT_COSIGNED: Final = "copy_not_cosigned"
_KEPT: Final = Response({"effect": "kept"})
"""One reply for all that is kept: in force, waiting for its person to be known, or of no use here."""

_log = structlog.get_logger(__name__)


def copy_kind(context: "NodeContext") -> Kind:
    """Return the kind of message that carries a consent."""
    compose, receive = partial(_compose, context), partial(_receive, context)
    return Kind(CONSENT_COPY, receive, compose=compose, again=frozenset({NOT_COSIGNED}))


def announce(session: Session, view: ConsentView, now: datetime) -> None:
    """Write to the outbox that the other holders of a consent are to have it as it stands now.

    Nobody is told any more how it stood before, who has not been told of it yet: were only that to arrive, it would be
    taken for our word of today.
    """
    SqlMailbox(session).take_back(CONSENT_COPY, view.consent_id)
    content = {"consent_id": view.consent_id, "index": view.last_index}
    SqlMailbox(session).post(
        [NewNotice(CONSENT_COPY, holder, view.consent_id, content, view.person_ref) for holder in view.record.holders],
        now,
    )


def settle_waiting(context: "NodeContext", session: Session, now: datetime) -> int:
    """Put in force the consents whose person has become known here; return how many."""
    done = 0
    for copy in SqlTravelStore(session).waiting_copies(now):
        done += _take_in(context, session, read_copy(copy.proof), copy, now)
    return done


def _compose(context: "NodeContext", notice: Notice) -> Mapping[str, Any]:
    catch_up(context)
    with context.snapshot() as session:
        _, proof = prove_entry(
            own_ledger(context, session), int(notice.content["index"]), own_testimony(context, session)
        )
    return encode_copy(proof)


def _receive(context: "NodeContext", session: Session, received: VerifiedMessage, now: datetime) -> Response:
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
    _take_in(context, session, opened, copy, now)
    return _KEPT


def _take_in(context: "NodeContext", session: Session, opened: OpenedCopy, copy: KeptCopy, now: datetime) -> bool:
    """Put a proved consent in force when its person is known here and somebody may decide for them as it says."""
    directory, people = context.directory.current(now), people_store(context, session)
    if parties_of(opened.record).intersection(SqlTravelStore(session).barred_by(copy.consent_id, now)):
        return False  # withdrawn while it waited, by the word of somebody else than its sender
    peer = directory.party(copy.sender)
    key = pairwise_key(context, peer)
    person = find_person(people, SqlExchangeStore(session), key, copy.subject)
    if person is None:
        return False
    minor = people.identity(person).age_on(now.date()) < AGE_OF_CONSENT_YEARS
    if minor and opened.record.acted_by is Actor.PERSON:
        return False  # LOPDGDD art. 7: it was not the person's to give
    record = adopted_record(opened, person, context.settings.entity, directory, told_at=copy.told_at)
    SqlTravelStore(session).keep_copy(replace(copy, waiting=False))
    if record is None:
        return False
    own_consents(context, session).adopt(record, now)
    return True


def adopted_record(
    opened: OpenedCopy, person: str, own: str, directory: Directory, *, told_at: datetime
) -> ConsentBody | None:
    """Return a consent given elsewhere as this entity takes it in; None when nothing of it is of use here.

    Left out is what this entity's documents do not know or never share, special categories without an explicit basis,
    and recipients that may not see records.
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
