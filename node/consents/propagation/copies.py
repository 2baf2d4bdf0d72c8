"""Copies of consents: sent to the other holders that the person named, with the evidence of the person's will."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from consent_ledger.receipts.entry_proofs import prove_entry
from node.consents.assurance.alarm import TOO_MANY
from node.consents.assurance.papers import paper_for
from node.consents.changes import ConsentChanges
from node.consents.errors import EvidenceMissing
from node.consents.propagation.adoption import NOT_COSIGNED, TOO_EARLY, receive_copy
from node.doubts.checking import traits_of
from node.ledger.own import own_ledger
from node.ledger.witnessing.rounds import catch_up
from node.ledger.witnessing.state import own_testimony
from node.messages.kinds import Kind
from node.people.errors import PersonUnknown
from node.people.linking import pairwise_key
from node.people.store import people_store
from records_exchange.assurance.evidence import Evidence, EvidenceSource
from records_exchange.assurance.terms import ConsentTerms
from records_exchange.identity_check import IdentityCheck
from records_exchange.mailboxes import NewNotification, Notification, SqlMailbox
from records_exchange.travel import CONSENT_COPY, encode_copy, read_copy

if TYPE_CHECKING:
    from datetime import datetime

    from consent_ledger.consents.model import ConsentView
    from consent_ledger.log.bodies import ConsentBody
    from consent_ledger.receipts.tlog_proof import TlogProof
    from node.context import NodeContext

_EVIDENCE: Final = TypeAdapter(tuple[Evidence, ...])

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EvidenceGiven:
    """The evidence that the person gave with a consent, beside the consent itself.

    Attributes:
        paper: kind of the paper whose digest is in the record: ``form_scan`` or ``e_signature``; None without one.
        sources: make further evidence over the terms, such as codes of cards.
    """

    paper: str | None = None
    sources: Sequence[EvidenceSource] = field(default=())


def copy_kind(context: "NodeContext", changes: ConsentChanges) -> Kind:
    """Return the kind of message that carries a consent."""
    compose, receive = partial(_compose, context), partial(receive_copy, context, changes)
    return Kind(CONSENT_COPY, receive, compose=compose, again=frozenset({NOT_COSIGNED, TOO_EARLY, TOO_MANY}))


def post_copies(session: Session, view: "ConsentView", now: "datetime", given: EvidenceGiven | None = None) -> None:
    """Write the present version of a consent to the outbox for its other holders, in place of older unsent ones.

    An older version that arrived alone would pass for the origin's current version.

    Args:
        session: the unit of work of the act.
        view: the consent after it.
        now: the present time, UTC.
        given: the evidence of this act; None when the person only took something out of the consent, which goes with
            the evidence of the wider one.
    """
    record, mailbox = view.record, SqlMailbox(session)
    earlier = {each.recipient: each.content for each in mailbox.about(view.consent_id) if each.kind == CONSENT_COPY}
    mailbox.take_back(CONSENT_COPY, view.consent_id)
    evidence = _evidence_by_holder(record, given) if given else {}
    content = {"consent_id": view.consent_id, "index": view.last_index}
    notifications = []
    for holder in record.holders:
        if given is None:
            about = {name: value for name, value in earlier.get(holder, {}).items() if name in _EVIDENCE_PARTS}
        else:
            sent = [each.model_dump(mode="json") for each in evidence.get(holder, ())]
            about = {"evidence": sent, "paper": given.paper, "evidence_index": view.last_index}
        notifications.append(NewNotification(CONSENT_COPY, holder, view.consent_id, content | about, view.person_ref))
    mailbox.post(notifications, now)


_EVIDENCE_PARTS: Final = frozenset({"evidence", "paper", "evidence_index"})


def _evidence_by_holder(record: "ConsentBody", given: EvidenceGiven) -> dict[str, list[Evidence]]:
    terms, found = ConsentTerms.of(record), dict[str, list[Evidence]]()
    for source in given.sources:
        for holder, evidence in source.evidence(terms).items():
            found.setdefault(holder, []).extend(evidence)
    return found


def _compose(context: "NodeContext", notification: Notification) -> Mapping[str, Any]:
    catch_up(context)
    proof, identity = _proof(context, int(notification.content["index"])), _identity(context, notification)
    proved_index = notification.content.get("evidence_index")
    if proved_index is None:  # written before evidence travelled
        return encode_copy(proof, identity=identity)
    proved = proof if proved_index == notification.content["index"] else _proof(context, int(proved_index))
    record = read_copy(proved.to_bytes()).record
    terms = ConsentTerms.of(record)
    sent = _EVIDENCE.validate_python(notification.content["evidence"])
    papers = _papers(context, notification, record, terms)
    return encode_copy(proof, [*sent, *papers], None if proved is proof else terms, identity)


def _identity(context: "NodeContext", notification: Notification) -> IdentityCheck | None:
    """Return the check values of the person for this holder; None when they were erased since."""
    if notification.person_ref is None:
        return None
    holder = context.directory.current(context.clock.now()).active_party(notification.recipient)
    with context.snapshot() as session:
        try:
            return traits_of(people_store(context, session), notification.person_ref).check(
                pairwise_key(context, holder)
            )
        except PersonUnknown:
            return None


def _proof(context: "NodeContext", index: int) -> "TlogProof":
    with context.snapshot() as session:
        _, proof = prove_entry(own_ledger(context, session), index, own_testimony(context, session))
        return proof


def _papers(
    context: "NodeContext", notification: Notification, record: "ConsentBody", terms: ConsentTerms
) -> Sequence[Evidence]:
    kind = notification.content["paper"]
    if kind is None or record.evidence_sha256 is None:
        return ()
    holder = context.directory.current(context.clock.now()).active_party(notification.recipient)
    try:
        return (paper_for(context, record, kind, terms.digest, holder),)
    except (EvidenceMissing, PersonUnknown) as error:  # the consent itself has to arrive all the same
        _log.warning("signed_form_missing", consent=notification.reference, code=error.code)
        return ()
