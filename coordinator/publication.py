"""Publication of the directory: signed from the registry's rows, at once or together with other changes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from coordinator.authority import Authority
from coordinator.certificates import NONE_LISTED, CertificateRegister
from coordinator.directory_log import MAX_DIRECTORY_BYTES, DirectoryLog
from coordinator.entity_rows import listed_party
from coordinator.persons import persons_records
from coordinator.settings import CoordinatorSettings
from coordinator.tables import DirectoryRow, EntityRow, HeadRow
from trust.directory import Directory, open_directory, seal_directory
from trust.locator_terms import LocatorTerms
from trust.parties import WitnessAddress
from trust.signing import Envelope, Signer

_HEAD_ID: Final = 1


@dataclass(frozen=True, slots=True)
class DirectoryTerms:
    """The terms that a directory states beside the entities.

    Attributes:
        settings: of the coordinator.
        authority: the network's certificate authority.
        signer: the coordinator's signing key.
        witness: where the coordinator witnesses ledgers, if it does.
        locator: returns the terms of the private locator at a time, if there is one.
    """

    settings: CoordinatorSettings
    authority: Authority
    signer: Signer
    witness: WitnessAddress | None
    locator: Callable[[datetime], LocatorTerms | None]


class Publication:
    """The directories of one network, working inside a session."""

    def __init__(self, session: Session, terms: DirectoryTerms) -> None:
        self._session = session
        self._terms = terms
        self.log = DirectoryLog(session, terms.settings.network)

    def lock(self) -> HeadRow:
        """Return the head row, locked until the transaction ends."""
        # FOR UPDATE orders writers on PostgreSQL; on SQLite the transaction already holds the write lock.
        head = self._session.get(HeadRow, _HEAD_ID, with_for_update=True)
        if head is None:
            head = HeadRow(id=_HEAD_ID, serial=0, frontier=b"")
            self._session.add(head)
            self._session.flush()
        return head

    def serial(self) -> int:
        """Return the serial of the newest directory; 0 before the first."""
        return self._session.scalars(select(HeadRow.serial)).one_or_none() or 0

    def directory(self) -> Envelope:
        """Return the newest directory.

        Raises:
            StorageOutdated: none was published yet, as ``init`` did not finish.
        """
        return Envelope.from_json(self.log.newest().envelope, max_bytes=MAX_DIRECTORY_BYTES)

    def is_due(self, now: datetime) -> bool:
        """Return whether to publish: the newest directory is missing, old or behind the settings, or changes wait."""
        row = self._session.get(DirectoryRow, self.serial())
        if row is None or not row.checkpoint or now >= row.issued_at + (row.expires_at - row.issued_at) / 3:
            return True
        return self.has_waited(now) or self._is_behind(now)

    def has_waited(self, now: datetime) -> bool:
        """Return whether changes wait that are not in a directory yet, and their time has come."""
        return self.has_changes() and self._may_publish(now)

    def has_changes(self) -> bool:
        """Return whether changes wait that are not in a directory yet."""
        return self._session.scalars(select(HeadRow.changed_at)).one_or_none() is not None

    def publish_together(self, now: datetime) -> None:
        """Publish a change now, or with those of the next moments when a directory has just been published."""
        head = self.lock()
        if self._may_publish(now):
            self.publish(now)
        else:
            head.changed_at = head.changed_at or now

    def publish(self, now: datetime) -> Envelope:
        """Sign the next directory from the registry's rows, and store it with its entry in the log."""
        head, terms = self.lock(), self._terms
        self._session.flush()
        rows = self._session.scalars(select(EntityRow).order_by(EntityRow.id))
        listed = CertificateRegister(self._session).listed(now)
        directory = Directory(
            network=terms.settings.network,
            serial=head.serial + 1,
            issued=now,
            expires=now + timedelta(days=terms.settings.directory_days),
            coordinator_key=terms.signer.public_key.hex(),
            coordinator_address=terms.settings.address,
            ca_pem=terms.authority.certificates_pem.decode(),
            witness=terms.witness,
            witness_quorum=terms.settings.witness_quorum,
            locator=terms.locator(now),
            persons=persons_records(self._session),
            entities=tuple(listed_party(row, listed.get(row.id, NONE_LISTED)) for row in rows),
        )
        envelope = seal_directory(directory, terms.signer)
        self.log.append(head, directory, envelope, terms.signer)
        return envelope

    def _may_publish(self, now: datetime) -> bool:
        row = self._session.get(DirectoryRow, self.serial())
        interval = timedelta(seconds=self._terms.settings.directory_interval_seconds)
        return row is None or now >= row.issued_at + interval or now < row.issued_at

    def _is_behind(self, now: datetime) -> bool:
        terms = self._terms
        directory = open_directory(self.directory(), coordinator_key=terms.signer.public_key)
        stated = (directory.coordinator_address, directory.ca_pem, directory.witness, directory.witness_quorum)
        ca_pem, settings = terms.authority.certificates_pem.decode(), terms.settings
        due = (settings.address, ca_pem, terms.witness, settings.witness_quorum, terms.locator(now))
        return (*stated, directory.locator) != due
