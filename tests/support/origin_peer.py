"""A peer at which people consent: it keeps a ledger of its own, and sends the node of a test what concerns it."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from consent_ledger.consents.model import ConsentGrant, ConsentScope, ConsentView
from consent_ledger.consents.register import ConsentRegister
from consent_ledger.log.bodies import CONSENT_BASIS
from consent_ledger.receipts.entry_proofs import prove_entry
from node.messages.heartbeat import HEARTBEAT
from node.people.documents import Document
from records_exchange.message import MessageReply
from records_exchange.travel import CONSENT_COPY, CONSENT_WITHDRAWN
from tests.support.ledgers import InMemoryConsentStore, grant_of
from tests.support.one_side import OneSide
from tests.support.people import PERSON

FIELDS: Final = ("person.language", "work.status")
"""What the consents of these tests cover when nothing else is said."""


class OriginPeer:
    """The consents of a peer, and its messages about them to a node.

    Attributes:
        register: the consents, in the peer's own ledger.
    """

    def __init__(self, side: OneSide, entity: str = "origin") -> None:
        self._side = side
        self.entity = entity
        self.peer = side.peers[entity]
        self.register = ConsentRegister(self.peer.ledger, InMemoryConsentStore(), entity)

    def terms(
        self,
        *holders: str,
        fields: Sequence[str] = FIELDS,
        purposes: Sequence[str] = ("casework",),
        recipients: Sequence[str] = ("asker",),
        basis: str = CONSENT_BASIS,
    ) -> ConsentGrant:
        """Return what a person is asked to consent to, also in words that a node of today would not use."""
        now = self._side.clock.now()
        plain = grant_of(
            fields=tuple(fields), purposes=tuple(purposes), recipients=tuple(recipients), start=now, days=365
        )
        return ConsentGrant.model_validate(plain.model_dump() | {"holders": holders, "lawful_basis": basis})

    def give(self, terms: ConsentGrant) -> ConsentView:
        """Record a consent at the peer; nobody is told."""
        return self.register.grant(terms, self._side.clock.now())

    def given(self, *holders: str) -> ConsentView:
        """Record a consent of the usual terms at the peer, and send it to the node, which keeps it."""
        view = self.give(self.terms(*holders))
        assert self.send(view).reason is None
        return view

    def narrow(self, consent: ConsentView, *fields: str) -> ConsentView:
        """Leave a consent with these fields only; nobody is told."""
        return self.register.narrow(consent.consent_id, ConsentScope(fields=fields), self._side.clock.now())

    def proof(self, index: int) -> bytes:
        """Return the proof of an entry of the peer's ledger."""
        return prove_entry(self.peer.ledger, index)[1].to_bytes()

    def send(self, consent: ConsentView | int, document: Document | None = PERSON) -> MessageReply:
        """Send the node the newest version of a consent, or the entry of an index, as a consent of a person."""
        return self.send_proof(self.proof(consent if isinstance(consent, int) else consent.last_index), document)

    def send_proof(self, proof: bytes, document: Document | None = PERSON) -> MessageReply:
        """Send the node some bytes as the proof of a consent."""
        body = {"proof": base64.b64encode(proof).decode()}
        return self._side.hears(self.entity, CONSENT_COPY, body, document)

    def end(self, consent_id: str) -> MessageReply:
        """Send the node the withdrawal of a consent by its person at the peer."""
        now = self._side.clock.now()
        body = {"consent_id": consent_id, "entity": self.entity, "acted_at": now.isoformat(), "acted_by": "person"}
        return self._side.hears(self.entity, CONSENT_WITHDRAWN, body)

    def vouch(self, until: datetime | None = None) -> MessageReply:
        """Send the node a heartbeat."""
        moment = until or self._side.clock.now()
        return self._side.hears(self.entity, HEARTBEAT, {"complete_until": moment.isoformat()})

    def shares_under(self, consent: ConsentView, values: Mapping[str, str]) -> None:
        """Let the peer answer requests with these values, under a consent."""
        self.peer.consents, self.peer.values = (consent.consent_id,), values
