"""One side of an exchange: a node's context and its simulated peers, and the use cases that speak with them."""

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from consent_ledger.consents.model import ConsentState, ConsentView
from consent_ledger.log.entry import EntryType, Leaf
from node.consents.consents import Consents
from node.consents.status import ConsentStatus, consent_status
from node.context import NodeContext
from node.fetch.asking import Asking, Fetched, question_of
from node.ledger.own import own_consents, own_ledger
from node.messages.outbox import Outbox
from node.messages.receiving import MessageReceiver
from node.people.documents import Document
from node.rights.erasure import Erasures
from records_exchange.mailboxes import Notification, SqlMailbox
from records_exchange.message import MessageReply
from tests.support import parts
from tests.support.clock import FrozenClock
from tests.support.parts import SignedDirectory
from tests.support.peers import Peers
from tests.support.people import PERSON
from trust.parties import EntityKind
from trust.signing import Envelope


class OneSide:
    """A node and its peers. Each use case is built when it is asked for.

    Attributes:
        context: of the node.
        peers: the other entities of its directory.
        changes: the event of consents, with every subscriber of a node.
    """

    def __init__(
        self,
        folder: Path,
        entity: str,
        peers: Mapping[str, EntityKind],
        *,
        kind: EntityKind = EntityKind.PUBLIC,
        clock: FrozenClock | None = None,
        **settings: object,
    ) -> None:
        self.clock = clock or FrozenClock()
        self.directory = SignedDirectory(self.clock, {entity: kind})
        self.context: NodeContext = parts.context_of(entity, folder / entity, self.directory, **settings)
        self.peers = Peers(self.directory, peers)
        self.changes = parts.consent_changes(self.context)

    @property
    def consents(self) -> Consents:
        """The consents that people give here."""
        return Consents(self.context, self.changes)

    @property
    def receiver(self) -> MessageReceiver:
        """What takes the messages of the peers."""
        return parts.receiver_of(self.context, self.changes)

    @property
    def outbox(self) -> Outbox:
        """What sends to the peers."""
        return parts.outbox_of(self.context, self.peers.call, self.changes)

    @property
    def asking(self) -> Asking:
        """What asks the peers for records."""
        return parts.asking_of(self.context, self.peers.call)

    @property
    def erasures(self) -> Erasures:
        """The erasure of people."""
        return parts.erasures_of(self.context, self.changes)

    # ---- what happens

    def later(self, **units: float) -> None:
        """Let time pass; the directory is signed again."""
        self.clock.advance(**units)
        self.directory.publish()

    def deliver(self) -> None:
        """Empty the outbox as far as the peers answer."""
        while self.outbox.deliver_due():
            pass

    def hears(
        self,
        sender: str,
        kind: str,
        body: Mapping[str, object],
        document: Document | None = None,
        **changes: object,
    ) -> MessageReply:
        """Receive a message that a peer signed, right but for `changes` to its fields, and return the reply."""
        if document is not None:
            changes = {"subject": self.peers.subject(sender, self.context, document), **changes}
        envelope = self.peers[sender].tell(self.context.settings.entity, self.clock.now(), kind, body, **changes)
        return self.takes(sender, envelope)

    def takes(self, sender: str, envelope: Envelope) -> MessageReply:
        """Receive a message as a peer signed it, perhaps before, and return the reply."""
        return self.peers.hand_over(self.context, self.receiver, envelope, sender)

    def fetch(
        self, holder: str, fields: tuple[str, ...], *, document: Document = PERSON, purpose: str = "casework"
    ) -> Fetched:
        """Ask a peer for fields of a person."""
        return self.asking.fetch(document, question_of(self.context, purpose, fields=fields), [holder])

    def shares(self, asker: str, fields: tuple[str, ...], **changes: object) -> set[str]:
        """Return the fields that a peer gets when it asks for these."""
        answering = parts.answering_of(self.context)
        answer = self.peers.fetch(self.context, answering, asker, PERSON, fields=fields, **changes)
        return {field.id for field in answer.fields}

    # ---- what is stored

    def notifications(self, consent_or_referral: str) -> list[Notification]:
        """Return the notifications about something, in order."""
        with self.context.snapshot() as session:
            return SqlMailbox(session).about(consent_or_referral)

    def waiting(self, kind: str | None = None) -> list[str]:
        """Return the recipients of the notifications that wait, of one kind or of any."""
        with self.context.snapshot() as session:
            return sorted(each.recipient for each in SqlMailbox(session).waiting() if kind in (None, each.kind))

    def status(self, consent: str) -> ConsentStatus:
        """Return the status of a consent."""
        return consent_status(self.context, consent)

    def find(self, consent: str) -> ConsentView | None:
        """Return a consent that is held here; None when there is none of that id."""
        with self.context.snapshot() as session:
            return own_consents(self.context, session).find(consent)

    def state(self, consent: str) -> ConsentState | None:
        """Return the state of a consent; None when it is not held here."""
        view = self.find(consent)
        return view.state if view else None

    def types(self) -> list[EntryType]:
        """Return the types of the ledger's entries, in order."""
        with self.context.snapshot() as session:
            return _types(self.context, session)


def _types(context: NodeContext, session: Session) -> list[EntryType]:
    ledger = own_ledger(context, session)
    return [Leaf.parse(leaf).type for leaf in ledger.store.leaves(0, ledger.size())]
