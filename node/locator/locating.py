"""Locating: asking the private locator for the entities that hold consented data of a person, for a purpose.

(1) the document becomes a pseudonym by blinded points; each key holder proves that it used its key of the directory;
(2) the pseudonym becomes a token for this entity and the purpose; a signed question asks the coordinator for it;
(3) the answer is verified under the pinned key, bound to the question, and kept beside it;
(4) the named entities that the directory lists as active are returned.

The document and the pseudonym stay here. While a key is rotated, both epochs are asked.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.orm import Session

from node.clients.locator import QUOTA_EXCEEDED, LocatorClient
from node.context import NodeContext
from node.locator.errors import (
    KeyHolderUnreachable,
    LocatorMissing,
    LocatorQuotaReached,
    LocatorRefused,
    LocatorUnreachable,
)
from node.locator.key_holders import KeyHolders
from node.locator.pseudonyms import Pseudonyms
from node.locator.question_log import LocatorLog, LoggedQuestion
from node.people.documents import Document
from node.people.errors import PersonUnknown
from node.people.lookup import PersonLookup
from node.people.store import people_store
from presentation.messages import _
from records_exchange.locator_messages import locator_question, open_locator_answer, seal_message
from records_exchange.network_pseudonym import locator_token
from service.errors import PeerRefused, PeerUnreachable, PeerUntrusted
from trust.directory import Directory
from trust.locator_terms import LocatorEpoch
from trust.parties import EntityStatus

_BY_NAME = _("indique con --from a qué entidades preguntar")


@dataclass(frozen=True, slots=True)
class Located:
    """The answer of the locator.

    Attributes:
        holders: ids of active entities of the directory.
        more: whether there are more than one answer can name.
        unlisted: number of named entities that this node's directory does not list as active.
    """

    holders: tuple[str, ...]
    more: bool
    unlisted: int


class Locating:
    """Asks the locator in this entity's name. Safe to call from several threads."""

    def __init__(self, context: NodeContext, client: LocatorClient) -> None:
        self._context = context
        self._client = client
        self._pseudonyms = Pseudonyms(context, self._client)
        self._holders = KeyHolders(context)

    def locate(self, document: Document, purpose: str) -> Located:
        """Look a person up and locate them; see `locate_person`.

        Raises:
            RedpactError: as `locate_person`.
        """
        return self.locate_person(PersonLookup(document), purpose)

    def locate_person(self, lookup: PersonLookup, purpose: str) -> Located:
        """Return the entities that hold something of a person that is consented for this entity and `purpose`.

        An unknown person and one without consents give the same answer. It is in the question log when this returns.

        Raises:
            DirectoryExpired: the directory of this node is past its expiry; nothing was asked.
            LocatorMissing: the network has no locator.
            HeldKeyUnproven, KeyHoldersChanged: this node uses no epoch that the directory names.
            LocatorUnreachable: it does not answer.
            KeyHolderUnreachable: another holder of a key does not answer; the message names it.
            LocatorQuotaReached: this entity has reached its quota.
            LocatorRefused: it refuses for another reason.
            OprfProofInvalid, OprfValueInvalid: a key holder did not use the key of the directory.
            SignatureInvalid, LocatorMessageMalformed, AnswerUnbound, AnswerStale: the answer does not verify.
        """
        now = self._context.clock.now()
        directory = self._context.directory.current(now)
        epochs = self._holders.epochs(directory, now).required()
        if not epochs:
            raise LocatorMissing(_("el directorio no indica ningún localizador"), remedy=_BY_NAME)
        try:
            asked = self._ask_all(epochs, lookup, purpose)
        except PeerRefused as error:
            if error.peer_code == QUOTA_EXCEEDED:
                raise LocatorQuotaReached(error.message, remedy=_("espere, o {instead}", instead=_BY_NAME)) from error
            raise LocatorRefused(error.message, remedy=_BY_NAME) from error
        except (PeerUnreachable, PeerUntrusted) as error:
            raise LocatorUnreachable(error.message, remedy=_BY_NAME) from error
        named = frozenset(holder for holders, _more in asked for holder in holders)
        return self._located(directory, named, more=any(more for _holders, more in asked))

    def _ask_all(
        self, epochs: Sequence[LocatorEpoch], lookup: PersonLookup, purpose: str
    ) -> list[tuple[tuple[str, ...], bool]]:
        """Ask under every epoch; under an older one only as long as its key holders answer."""
        asked = [self._ask(epochs[-1], lookup, purpose)]
        for epoch in epochs[:-1]:
            with suppress(KeyHolderUnreachable):
                asked.append(self._ask(epoch, lookup, purpose))
        return asked

    def _ask(self, epoch: LocatorEpoch, lookup: PersonLookup, purpose: str) -> tuple[tuple[str, ...], bool]:
        context = self._context
        person, pseudonym = self._pseudonym(epoch, lookup)  # (1)
        now, entity = context.clock.now(), context.settings.entity
        token = locator_token(pseudonym, entity, purpose)  # (2)
        question = seal_message(locator_question(entity, epoch.number, token, purpose, now), context.keys.signing)
        received = self._client.find(question)
        key = bytes.fromhex(context.settings.coordinator_key)
        answer = open_locator_answer(received, question, coordinator_key=key, now=context.clock.now())  # (3)
        with context.transaction() as session:
            asked = LoggedQuestion(purpose, question, received, len(answer.holders))
            LocatorLog(session).add(asked, person if person and self._held(session, person) else None, now)
        return answer.holders, bool(answer.more)

    def _held(self, session: Session, person: str) -> bool:
        try:
            people_store(self._context, session).cipher_of(person)
        except PersonUnknown:  # erased while the locator was asked: nothing new may name them
            return False
        return True

    def _pseudonym(self, epoch: LocatorEpoch, lookup: PersonLookup) -> tuple[str | None, bytes]:
        with self._context.snapshot() as session:
            person = lookup.person_id(people_store(self._context, session))
            kept = self._pseudonyms.kept(session, epoch, [person]) if person else {}
        if person in kept:
            return person, kept[person]
        (pseudonym,), _remaining = self._pseudonyms.evaluate(epoch, [lookup.document])
        if person:
            with self._context.transaction() as session:
                self._pseudonyms.keep(session, epoch, {person: pseudonym})
        return person, pseudonym

    def _located(self, directory: Directory, named: frozenset[str], *, more: bool) -> Located:
        active = {party.id for party in directory.entities if party.status is EntityStatus.ACTIVE}
        own = self._context.settings.entity
        holders = tuple(sorted(named & active - {own}))
        return Located(holders, more, len(named - active - {own}))
