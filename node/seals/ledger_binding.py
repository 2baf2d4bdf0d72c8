"""The bond between the root of the seals and the head of the ledger: an older root does not fit a newer head.

The head is written with every entry, and every fetch, reading and consent is one. A ledger that is put back as a whole
is noticed by its witnesses and by every entity that saw it.
"""

from typing import TYPE_CHECKING, Final

from consent_ledger.log.sql_store import locked_head, write_binding
from node.seals import pages
from node.seals.statements import READ_ROOT
from service.sql_driver import connection_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from node.cipher import RecordCipher

_ROW: Final = 1


class LedgerBinding:
    """Binds the head of the ledger to the root of the seals, at every entry; see `consent_ledger.log.sql_store`."""

    def __init__(self, session: "Session", cipher: "RecordCipher") -> None:
        self._session = session
        self._cipher = cipher
        self._locked: bytes | None = None

    def verify(self, origin: str, size: int, binding: bytes | None) -> None:
        """Check that the head is bound to the root in the database.

        Raises:
            RecordsTampered: it is bound to another one.
        """
        root = self._locked = stored_root(self._session)
        if root is not None:
            self._cipher.require_bound(origin, size, root, binding)

    def of(self, origin: str, size: int) -> bytes:
        """Return the binding of a new head, to the root that was just verified under the lock."""
        root, self._locked = self._locked or stored_root(self._session), None
        return self._cipher.binding(origin, size, root or pages.EMPTY_ROOT)


def stored_root(session: "Session") -> bytes | None:
    """Return the root of the seals, unverified; None before the first seal."""
    found = READ_ROOT.one(connection_of(session), _ROW)
    return bytes(found[0]) if found else None


def locked_root(session: "Session", cipher: "RecordCipher") -> bytes:
    """Return the verified root of the seals, and keep every other writer of seals out until the transaction ends.

    Raises:
        RecordsTampered: it is not the one that the ledger's head is bound to.
    """
    head = locked_head(session)
    root = stored_root(session)
    if head is not None and root is not None:
        cipher.require_bound(*head[:2], root, head[2])
    return pages.EMPTY_ROOT if root is None else root


def bind_again(session: "Session", cipher: "RecordCipher", root: bytes) -> None:
    """Bind the head of the ledger, which this transaction has locked, to a changed root."""
    head = locked_head(session)
    if head is not None:
        write_binding(session, cipher.binding(*head[:2], root))
