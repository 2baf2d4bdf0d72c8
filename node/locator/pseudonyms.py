"""Network pseudonyms at a node: computed with the key holders, verified, and kept sealed for its own people.

A network pseudonym never leaves the node: between two entities a person has a pairwise pseudonym.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from node.cipher import SealedPlace
from node.clients.locator import Evaluated, LocatorClient
from node.context import NodeContext
from node.locator.errors import KeyHolderUnreachable
from node.locator.tables import LocatorPseudonymRow
from node.people.documents import Document
from node.people.errors import PersonUnknown
from node.people.saving import lock_people
from node.people.store import people_store
from presentation.messages import _
from records_exchange.locator_messages import MAX_POINTS, evaluation_request, seal_message
from records_exchange.network_pseudonym import Evaluation, PseudonymQuery
from service.errors import PeerUnreachable, PeerUntrusted
from trust.errors import PartySuspended, UnknownParty
from trust.locator_terms import LocatorEpoch
from trust.parties import COORDINATOR_ID

_CHUNK = 500


class Pseudonyms:
    """Computes pseudonyms and keeps those of the node's own people."""

    def __init__(self, context: NodeContext, client: LocatorClient) -> None:
        self._context = context
        self._client = client

    def evaluate(self, epoch: LocatorEpoch, documents: Sequence[Document]) -> tuple[tuple[bytes, ...], int]:
        """Return the pseudonyms of some documents, and the number of evaluations left in our quota.

        Args:
            epoch: of the verified directory.
            documents: at most `locator_messages.MAX_POINTS`.

        Raises:
            OprfProofInvalid, OprfValueInvalid: a key holder did not use the key of the directory.
            KeyHolderUnreachable: an entity that holds a key did not answer; the message names it.
            PeerRefused, PeerUntrusted, PeerUnreachable: a key holder refused, or the coordinator did not answer.
        """
        context = self._context
        query = PseudonymQuery(context.settings.network, epoch, [document.canonical for document in documents])
        holders = [key.holder for key in epoch.keys]
        ask = partial(self._ask, epoch, query)
        if len(holders) == 1:
            done = list(map(ask, holders))
        else:  # all at once: a professional is waiting
            with ThreadPoolExecutor(len(holders)) as pool:
                done = list(pool.map(ask, holders))
        found = {holder: Evaluation(each.points, each.proof) for holder, each in zip(holders, done, strict=True)}
        return query.finish(found), min(each.remaining for each in done)

    def _ask(self, epoch: LocatorEpoch, query: PseudonymQuery, holder: str) -> Evaluated:
        context, points = self._context, query.elements(holder)
        request = evaluation_request(context.settings.entity, epoch.number, points, context.clock.now())
        signed = seal_message(request, context.keys.signing)
        try:
            return self._client.evaluate(holder, signed, points)
        except (PeerUnreachable, PeerUntrusted, PartySuspended, UnknownParty) as error:
            if holder == COORDINATOR_ID:
                raise
            raise KeyHolderUnreachable(
                _("{holder}, que guarda una de las claves, no contesta: {reason}", holder=holder, reason=error.message),
                remedy=_("avise a {holder}; mientras tanto, indique con --from a quién preguntar", holder=holder),
            ) from error

    def evaluate_people(self, epoch: LocatorEpoch, people: Sequence[str]) -> tuple[dict[str, bytes], int]:
        """Evaluate and keep the pseudonyms of people held here; people erased meanwhile are left out."""
        with self._context.snapshot() as session:
            documents = self._documents(session, people)
        if not documents:
            return {}, MAX_POINTS  # nothing was asked, so the rest of the quota is unknown
        computed, remaining = self.evaluate(epoch, list(documents.values()))
        found = dict(zip(documents, computed, strict=True))
        with self._context.transaction() as session:
            now = self._documents(session, list(found))  # somebody's document may have changed meanwhile
            found = {person: found[person] for person in found if now.get(person) == documents[person]}
            kept = self.keep(session, epoch, found)
        return {person: found[person] for person in kept}, remaining

    def kept(self, session: Session, epoch: LocatorEpoch, people: Iterable[str]) -> dict[str, bytes]:
        """Return the kept pseudonyms of some people; people without one, and erased ones, are left out.

        Raises:
            RecordsUnreadable: one does not open: another data key, or altered bytes.
        """
        wanted, found = sorted(people), {}
        for first in range(0, len(wanted), _CHUNK):
            query = select(LocatorPseudonymRow).where(
                LocatorPseudonymRow.person_ref.in_(wanted[first : first + _CHUNK]),
                LocatorPseudonymRow.epoch == epoch.fingerprint,
            )
            for row in session.scalars(query):
                try:
                    cipher = people_store(self._context, session).cipher_of(row.person_ref)
                except PersonUnknown:  # erased: the key that opens the row is destroyed
                    continue
                found[row.person_ref] = cipher.open_bytes(_cell(row.person_ref, epoch), row.sealed)
        return found

    def stored(self, session: Session, epoch: LocatorEpoch) -> dict[str, bytes]:
        """Return the sealed pseudonyms of everybody in an epoch, by person; none is opened."""
        query = select(LocatorPseudonymRow.person_ref, LocatorPseudonymRow.sealed)
        rows = session.execute(query.where(LocatorPseudonymRow.epoch == epoch.fingerprint))
        return {person: bytes(sealed) for person, sealed in rows}

    def keep(self, session: Session, epoch: LocatorEpoch, found: Mapping[str, bytes]) -> tuple[str, ...]:
        """Seal and keep pseudonyms; return the ids of their people, without those erased meanwhile."""
        # Until the end no other process erases these people or keeps the same pseudonyms.
        lock_people(session.connection())
        rows = []
        for person, pseudonym in sorted(found.items()):
            try:
                cipher = people_store(self._context, session).cipher_of(person)
            except PersonUnknown:
                continue
            sealed = cipher.seal_bytes(_cell(person, epoch), pseudonym)
            rows.append({"person_ref": person, "epoch": epoch.fingerprint, "sealed": sealed})
        kept = tuple(str(row["person_ref"]) for row in rows)
        of_epoch = delete(LocatorPseudonymRow).where(LocatorPseudonymRow.epoch == epoch.fingerprint)
        for first in range(0, len(rows), _CHUNK):
            session.execute(of_epoch.where(LocatorPseudonymRow.person_ref.in_(kept[first : first + _CHUNK])))
            session.execute(insert(LocatorPseudonymRow), rows[first : first + _CHUNK])
        return kept

    def forget_other_epochs(self, session: Session, live: Sequence[LocatorEpoch]) -> None:
        """Delete the pseudonyms of epochs that are not answered any more."""
        names = [epoch.fingerprint for epoch in live]
        session.execute(delete(LocatorPseudonymRow).where(LocatorPseudonymRow.epoch.not_in(names)))

    def _documents(self, session: Session, people: Sequence[str]) -> dict[str, Document]:
        store, found = people_store(self._context, session), {}
        for person in people:
            try:
                found[person] = store.identity(person).document
            except PersonUnknown:
                continue
        return found


def forget_pseudonyms(session: Session, person: str) -> None:
    """Delete the pseudonyms of a person who was erased, or has another document."""
    session.execute(delete(LocatorPseudonymRow).where(LocatorPseudonymRow.person_ref == person))


def _cell(person: str, epoch: LocatorEpoch) -> SealedPlace:
    return SealedPlace("locator_pseudonyms", "sealed", f"{person}|{epoch.fingerprint}")
