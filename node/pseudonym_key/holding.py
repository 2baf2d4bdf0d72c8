"""Holding a key of pseudonyms: it is made here, offered to the coordinator, replaced, and destroyed when it is over.

The coordinator gets the public half with a statement that this entity signs and the key proves. A node answers for
every key that a live epoch names, so that nothing is to be switched on: see `node.pseudonym_key.answering`.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from consent_ledger.log.bodies import KeyChangedBody
from consent_ledger.log.entry import EntryType, NewEntry
from node.clients.locator import LocatorClient
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.pseudonym_key.errors import PseudonymKeyMissing, PseudonymKeyNotReachable
from node.pseudonym_key.tables import PseudonymKeyRow
from presentation.messages import _
from records_exchange.key_holding.key_files import KeyFiles
from records_exchange.key_holding.statements import KeyStatement, state_key


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A key that this entity made; see `PseudonymKeyRow`."""

    sequence: int
    public_key: str
    made_at: datetime
    offered_at: datetime | None


def key_files(home: Path, network: str) -> KeyFiles:
    """Return the files of the private keys, by sequence."""
    return KeyFiles(
        home,
        stem="pseudonym",
        info=f"redpact/pseudonym-key/{network}",
        remedy=_("restáurela de una copia de seguridad, o ejecute: redpact-node pseudonym-key rotate"),
    )


def own_keys(session: Session) -> tuple[OwnKey, ...]:
    """Return the keys that are kept, oldest first."""
    query = select(PseudonymKeyRow).where(PseudonymKeyRow.destroyed_at.is_(None)).order_by(PseudonymKeyRow.sequence)
    return tuple(OwnKey(row.sequence, row.public_key, row.made_at, row.offered_at) for row in session.scalars(query))


class KeyHolding:
    """Makes, offers, replaces and destroys this entity's keys."""

    def __init__(self, context: NodeContext, client: LocatorClient) -> None:
        self._context = context
        self._client = client

    @cached_property
    def files(self) -> KeyFiles:
        """The files of the private keys."""
        return key_files(self._context.home, self._context.settings.network)

    def serve(self) -> bool:
        """Make a key unless there is one, offer it, and return whether the coordinator has chosen this entity.

        Raises:
            PseudonymKeyNotReachable: this node publishes no address.
            PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not take it; the service tries again.
        """
        if not self._context.settings.addresses:
            raise PseudonymKeyNotReachable(
                _("este nodo no publica ninguna dirección"), remedy=_("añada addresses y listen a node.toml")
            )
        with self._context.snapshot() as session:
            made = own_keys(session)
        if not made:
            self._make(1)
        return self.offer()

    def rotate(self) -> bool:
        """Make another key, offer it, and return whether the coordinator has chosen this entity.

        The next epoch begins with it by itself; the key before serves until the last epoch that names it has ended.

        Raises:
            PseudonymKeyMissing: there is none to replace.
            PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not take it; the service tries again.
        """
        self._make(self._newest().sequence + 1)
        return self.offer()

    def offer(self) -> bool:
        """Offer the newest key, and return whether the coordinator has chosen this entity as a key holder.

        Raises:
            PseudonymKeyMissing: there is none.
            LocatorKeyDamaged: its file is not there, or of another key.
            PeerRefused, PeerUntrusted, PeerUnreachable: the coordinator did not take it.
        """
        key, settings, now = self._newest(), self._context.settings, self._context.clock.now()
        pair = self.files.require(key.sequence, key.public_key)
        statement = KeyStatement(
            network=settings.network,
            entity=settings.entity,
            sequence=key.sequence,
            public_key=key.public_key,
            time=now,
        )
        chosen = self._client.offer_key(state_key(statement, pair, self._context.keys.signing))
        with self._context.transaction() as session:
            row = session.get(PseudonymKeyRow, key.sequence)
            if row is not None:
                row.offered_at = now
        return chosen

    def offer_waiting(self) -> bool:
        """Offer the newest key when the coordinator has not taken it yet, and return whether there was one.

        Raises:
            RedpactError: as `offer`.
        """
        with self._context.snapshot() as session:
            made = own_keys(session)
        if not made or made[-1].offered_at is not None:
            return False
        self.offer()
        return True

    def destroy_ended(self) -> tuple[int, ...]:
        """Destroy the keys that no epoch needs any more, and return their sequences.

        They are those older than one that a live epoch names, and named by none themselves: keys come into epochs in
        their order.

        Raises:
            RedpactError: a file cannot be deleted.
        """
        context, now = self._context, self._context.clock.now()
        directory = context.directory.newest()
        if directory is None or directory.locator is None:
            return ()
        live = [epoch.key_of(context.settings.entity) for epoch in directory.locator.live(now)]
        named = {key.public_key for key in live if key is not None}
        with context.snapshot() as session:
            made = own_keys(session)
        last = max((key.sequence for key in made if key.public_key in named), default=0)
        over = tuple(key.sequence for key in made if key.sequence < last and key.public_key not in named)
        for sequence in over:
            self.files.destroy(sequence)
            with context.transaction() as session:
                row = session.get(PseudonymKeyRow, sequence)
                if row is not None:
                    row.destroyed_at = now
        return over

    def _newest(self) -> OwnKey:
        with self._context.snapshot() as session:
            made = own_keys(session)
        if not made:
            raise PseudonymKeyMissing(
                _("este nodo no tiene ninguna clave de seudónimos"), remedy=_("redpact-node pseudonym-key serve")
            )
        return made[-1]

    def _make(self, sequence: int) -> None:
        pair, now = self.files.create(sequence), self._context.clock.now()
        with self._context.transaction() as session:
            ledger = own_ledger(self._context, session)
            ledger.lock()
            if session.get(PseudonymKeyRow, sequence) is not None:  # another process was faster, with the same file
                return
            before = session.get(PseudonymKeyRow, sequence - 1)
            session.add(PseudonymKeyRow(sequence=sequence, public_key=pair.public.hex(), made_at=now))
            old = before.public_key if before is not None else ""
            body = KeyChangedBody(key="pseudonym", old=old, new=pair.public.hex())
            ledger.append([NewEntry(EntryType.KEY_CHANGED, body)], now)
