"""The holder's check of a code: it opens a consent once, for the terms that it was given for, below its ceiling.

(1) the origin has not tried too many wrong codes in the last hour;
(2) the card is one of the person whose pseudonym came with the consent;
(3) the MAC over the terms was made with the code of that number;
(4) that code was used for nothing but these terms;
(5) the card serves: neither blocked nor expired;
(6) something of the terms is below the ceiling printed beside the code;
(7) its use is noted, in the transaction in which the consent is adopted.

Unknown cards and wrong codes count as guesses. Five in an hour bar their origin from codes for the hour; five at one
card block it too. Both come to the inbox.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from node.cards.model import Card, CardCode, CardState
from node.cards.on_record import end_card
from node.cards.sealed_keys import open_key
from node.cards.store import CardStore, card_store
from node.inbox.items import Inbox, ItemKind, NewItem
from node.people.store import people_store
from policies.assurance import Assurance
from policies.card_ends import CardEnd
from records_exchange.assurance.evidence import (
    Evidence,
    EvidenceContext,
    EvidenceVerifier,
    PersonCode,
    Proof,
    Unproved,
    evidence_digest,
)
from records_exchange.assurance.person_code import CodeUse

if TYPE_CHECKING:
    from node.context import NodeContext

WRONG_TRIES: Final = 5
TRIES_WINDOW: Final = timedelta(hours=1)
TRIES_KEPT: Final = timedelta(days=30)

CODE_WRONG: Final = "code_wrong"
CODE_USED: Final = "code_used"
CODE_ABOVE_CEILING: Final = "code_above_ceiling"
CODE_OTHER_PURPOSE: Final = "code_other_purpose"
CODES_BARRED: Final = "codes_barred"
CARD_BLOCKED: Final = "card_blocked"
CARD_EXPIRED: Final = "card_expired"


class PersonCodeVerifier(EvidenceVerifier):
    """Verifies codes of the cards that this entity gave to people."""

    def __init__(self, context: "NodeContext") -> None:
        self._context = context

    @override
    def verify(self, evidence: Evidence, digest: str, context: EvidenceContext) -> Proof | Unproved:
        if not isinstance(evidence, PersonCode):
            return Unproved(CODE_WRONG)
        store, since = card_store(self._context, context.session), context.now - TRIES_WINDOW
        card = store.find(evidence.card)
        if card is not None and card.person_ref != context.person_ref:
            card = None
        code = self._code_of(card, evidence, digest, context)
        if store.tries(context.origin, since) >= WRONG_TRIES and not _was_used_for(code, digest, context):
            return Unproved(CODES_BARRED)
        if card is None or code is None:
            self._note_wrong(store, card, evidence, context)
            return Unproved(CODE_WRONG)
        return _use(store, card, code, digest, context) or _proof(code, evidence)

    def _code_of(
        self, card: Card | None, evidence: PersonCode, digest: str, context: EvidenceContext
    ) -> CardCode | None:
        """Return the code named, when its key made the MAC."""
        code = card.code(evidence.number) if card else None
        if card is None or code is None:
            return None
        cipher = people_store(self._context, context.session).cipher_of(card.person_ref)
        use = CodeUse(context.holder, context.origin, card.serial, code.number, digest)
        return code if use.proved_by(evidence.mac, open_key(cipher, card.serial, code)) else None

    def _note_wrong(self, store: CardStore, card: Card | None, evidence: PersonCode, context: EvidenceContext) -> None:
        now, origin, inbox = context.now, context.origin, Inbox(context.session)
        store.purge_tries(now - TRIES_KEPT)
        if not store.note_try(origin, evidence_digest(evidence), card, now):
            return
        since = now - TRIES_WINDOW
        if store.tries(origin, since) == WRONG_TRIES:
            inbox.add(NewItem(ItemKind.CODE_GUESSES, origin, origin), now)
        if card is None or store.tries(origin, since, card.serial) < WRONG_TRIES:
            return
        if end_card(self._context, context.session, card, CardEnd.GUESSED, now=now):
            inbox.add(NewItem(ItemKind.CARD_BLOCKED, card.serial, origin, CardEnd.GUESSED.value), now)


def _use(store: CardStore, card: Card, code: CardCode, digest: str, context: EvidenceContext) -> Unproved | None:
    """Use a code, or return the reason against it."""
    if _was_used_for(code, digest, context):
        return None
    reason = _reason_against(card, code, context)
    consent = context.terms.consent_id
    if reason is None and not store.use(
        card.serial, code.number, origin=context.origin, consent_id=consent, terms_sha256=digest, now=context.now
    ):
        reason = CODE_USED
    return Unproved(reason) if reason else None


def _was_used_for(code: CardCode | None, digest: str, context: EvidenceContext) -> bool:
    use = (context.origin, context.terms.consent_id, digest)
    return code is not None and (code.used_by, code.consent_id, code.terms_sha256) == use


def _reason_against(card: Card, code: CardCode, context: EvidenceContext) -> str | None:
    if code.used_at is not None:
        return CODE_USED
    state = card.state(context.now)
    if state is not CardState.ACTIVE:
        return CARD_BLOCKED if state is CardState.BLOCKED else CARD_EXPIRED
    if not set(context.terms.purposes) & set(code.ceiling.purposes):
        return CODE_OTHER_PURPOSE
    return None if code.ceiling.covers_any(context.terms.fields) else CODE_ABOVE_CEILING


def _proof(code: CardCode, evidence: PersonCode) -> Proof:
    return Proof(
        Assurance.PERSON_CODE,
        evidence_digest(evidence),
        ceiling=code.ceiling.sensitivity,
        purposes=frozenset(code.ceiling.purposes),
    )
