"""Seals, by which rows are known as those that this node wrote last.

A seal holds a version and digests of the rows of one thing. Its tag, under a key that is not in the database, stands in
a page with those of others; the digests of the pages stand in the root; and the ledger's head is bound to the root with
every entry (`ledger_binding`). So a row that was altered does not fit its seal, an old row with its old seal does not
fit the page, an old page does not fit the root, and an old root does not fit the head of a ledger that grew since.
"""

import hmac
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import select

from node.errors import TAMPERED_REMEDY, RecordsTampered
from node.seals import pages
from node.seals.ledger_binding import bind_again, locked_root
from node.seals.scopes import TITLES, Scope
from node.seals.statements import (
    ALL_PAGES,
    DELETE_SEAL,
    INSERT_PAGE,
    INSERT_ROOT,
    INSERT_SEAL,
    ONE_KEY,
    READ_PAGE,
    READ_STATE,
    UPDATE_PAGE,
    UPDATE_ROOT,
)
from node.seals.tables import SEALS
from presentation.messages import _
from service.sql_driver import connection_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from node.cipher import RecordCipher

_ROW: Final = 1
_CHUNK: Final = 400
_MANY: Final = 32
"""From this many keys on, all pages are read at once."""
_KEPT: Final = "redpact_seals"

Rows = TypeVar("Rows")


@dataclass(frozen=True, slots=True)
class Seal:
    """A verified seal.

    Attributes:
        version: counts the changes of its thing.
        digests: one for each part.
    """

    version: int
    digests: tuple[bytes, ...]


class Seals:
    """Verifies and writes seals inside one unit of work."""

    def __init__(self, session: "Session", cipher: "RecordCipher") -> None:
        self._session = session
        self._cipher = cipher
        self._root: bytes | None = None
        self._pages: dict[int, bytes] = {}
        self._seals: dict[str, dict[str, Seal]] = {}
        self._noted: dict[tuple[Scope, str], Seal | None] = {}
        self._settled = False

    @property
    def cipher(self) -> "RecordCipher":
        """The cipher of the node."""
        return self._cipher

    # ---- reading

    def seal(self, scope: Scope, key: str) -> Seal | None:
        """Return the seal of a thing; None when it never had rows.

        Raises:
            RecordsTampered: the seal is not the newest that this node wrote.
        """
        if (scope, key) in self._noted:
            return self._noted[scope, key]
        known = self._seals.get(key)
        if known is None:
            rows = ONE_KEY.all(connection_of(self._session), key)
            self._verify(key, rows, self._page(pages.page_of(key)))
            known = self._seals[key] = {name: _seal(version, digests) for name, version, digests in rows}
        found = known.get(scope.value)
        if found is None:
            self._require_none(scope, key)
        return found

    def seals(self, scope: Scope, keys: Collection[str]) -> dict[str, Seal]:
        """Return the seals of many things, without those that never had rows.

        Raises:
            RecordsTampered: a seal is not the newest that this node wrote.
        """
        if len(keys) < _MANY:
            return {key: seal for key in keys if (seal := self.seal(scope, key)) is not None}
        self._read_all_pages()
        stored = {key: seal for key in keys if (seal := self._noted.get((scope, key))) is not None}
        asked = [key for key in keys if (scope, key) not in self._noted]
        for chunk in _chunks(asked):
            for row in self._session.execute(select(SEALS).where(SEALS.c.key.in_(chunk), SEALS.c.scope == scope.value)):
                self._verify(row.key, [(row.scope, row.version, row.digests)], self._page(pages.page_of(row.key)))
                stored[row.key] = _seal(row.version, row.digests)
        for key in asked:
            if key not in stored:
                self._require_none(scope, key)
        return stored

    def held(self, key: str) -> int:
        """Return the number of seals of a thing that this unit of work has verified."""
        return len(self._seals.get(key, ()))

    def require(self, scope: Scope, key: str, digests: Mapping[int, bytes]) -> None:
        """Check that rows just read are those of the newest seal.

        Args:
            scope: of the thing.
            key: of the thing.
            digests: by part; empty where there are no rows at all.

        Raises:
            RecordsTampered: they are not, or the seal is not.
        """
        require(self.seal(scope, key), scope, key, digests)

    def settled(self, read: Callable[[], Rows]) -> Rows:
        """Return what `read` reads and verifies; it reads again where another transaction came in between.

        PostgreSQL shows each statement what was committed before it. Every writer of seals holds the lock of the
        ledger's head until its end, so that a second reading under this lock sees one state.

        Raises:
            RecordsTampered: what is read is not what this node wrote last.
        """
        try:
            return _typed(read)
        except RecordsTampered:
            if self._settled or not self._shows_each_statement_anew():
                raise
            self._settled = True
            locked_root(self._session, self._cipher)
            self._forget()
            return _typed(read)

    def everything(self) -> tuple[dict[tuple[str, str], Seal], list[str]]:
        """Return every seal that is the newest, by scope and key, and a name for each that is not.

        Raises:
            RecordsTampered: the root, or a page, is not what this node wrote last.
        """
        self._read_all_pages()
        names = {name for entries in self._pages.values() for name in pages.names_in(entries)}
        found, wrong = dict[tuple[str, str], Seal](), list[str]()
        for key, scope, version, digests in self._session.execute(
            select(SEALS.c.key, SEALS.c.scope, SEALS.c.version, SEALS.c.digests)
        ):
            names.discard(pages.name_of(scope, key))
            try:
                self._verify(key, [(scope, version, digests)], self._page(pages.page_of(key)))
            except RecordsTampered:
                wrong.append(f"{scope} {key}")
            else:
                found[scope, key] = _seal(version, digests)
        return found, wrong + [f"seal {name.hex()}" for name in sorted(names)]

    # ---- writing

    def lock(self) -> None:
        """Keep every other writer of seals out until this unit of work ends, before rows are read to be changed.

        Raises:
            RecordsTampered: the root is not the one that the ledger's head is bound to.
        """
        locked_root(self._session, self._cipher)
        self._settled = True
        self._forget()

    def write(self, scope: Scope, key: str, digests: Sequence[bytes] | None, *, verified: bool = True) -> None:
        """Write the seal of a thing whose rows changed in this unit of work; None where nothing of it is left.

        Args:
            scope: of the thing.
            key: of the thing.
            digests: by part.
            verified: whether the old seal must be right; not for an erasure, which reads nothing.

        Raises:
            RecordsTampered: the old seal, its page or the root is not what this node wrote last.
        """
        old = self.seal(scope, key) if verified else self._unverified(scope, key)
        version = (old.version if old else 0) + 1
        self.note(scope, key, None if digests is None else Seal(version, tuple(digests)))
        self.flush()

    def note(self, scope: Scope, key: str, seal: Seal | None) -> None:
        """Note a changed seal, to be written with others by `flush`; this unit of work reads it as written."""
        self._noted[scope, key] = seal

    @property
    def noted(self) -> int:
        """The number of seals that wait to be written."""
        return len(self._noted)

    def flush(self) -> None:
        """Write the noted seals.

        Raises:
            RecordsTampered: a page or the root is not what this node wrote last.
        """
        if not self._noted:
            return
        root = locked_root(self._session, self._cipher)
        tags = dict[int, dict[bytes, bytes | None]]()
        for (scope, key), seal in self._noted.items():
            tag = self._cipher.seal_tag(scope, key, seal.version, b"".join(seal.digests)) if seal else None
            tags.setdefault(pages.page_of(key), {})[pages.name_of(scope, key)] = tag
        connection = connection_of(self._session)
        for number, changed in tags.items():
            entries = pages.changed(self._read_page(number, root), changed)
            root = pages.with_page(root, number, entries)
            if not UPDATE_PAGE.run(connection, entries, number):
                INSERT_PAGE.run(connection, number, entries)
        if not UPDATE_ROOT.run(connection, root, _ROW):
            INSERT_ROOT.run(connection, _ROW, root)
        DELETE_SEAL.run_many(connection, [(key, scope.value) for scope, key in self._noted])
        present = [(scope, key, seal) for (scope, key), seal in self._noted.items() if seal]
        rows = [(key, scope.value, seal.version, b"".join(seal.digests)) for scope, key, seal in present]
        INSERT_SEAL.run_many(connection, rows)
        bind_again(self._session, self._cipher, root)
        self._noted.clear()
        self._forget()

    # ---- helpers

    def _require_none(self, scope: Scope, key: str) -> None:
        if pages.tag_in(self._page(pages.page_of(key)), pages.name_of(scope, key)) is not None:
            raise tampered(scope, key)

    def _unverified(self, scope: Scope, key: str) -> Seal | None:
        rows = ONE_KEY.all(connection_of(self._session), key)
        return next((_seal(version, digests) for name, version, digests in rows if name == scope.value), None)

    def _verify(self, key: str, rows: Iterable[Sequence[Any]], entries: bytes) -> None:
        for scope, version, digests in rows:
            expected = self._cipher.seal_tag(scope, key, version, digests)
            found = pages.tag_in(entries, pages.name_of(scope, key))
            if found is None or not hmac.compare_digest(expected, found):
                raise tampered(scope, key)

    def _page(self, number: int) -> bytes:
        entries = self._pages.get(number)
        if entries is None:
            entries = self._pages[number] = self._read_page(number, self._verified_root())
        return entries

    def _read_page(self, number: int, root: bytes) -> bytes:
        found = READ_PAGE.one(connection_of(self._session), number)
        entries = bytes(found[0]) if found else b""
        return _fitting(entries, number, root)

    def _read_all_pages(self) -> None:
        if len(self._pages) == pages.PAGES:
            return
        stored = {row[0]: bytes(row[1]) for row in ALL_PAGES.all(connection_of(self._session))}
        root = self._verified_root()
        self._pages = {each: _fitting(stored.get(each, b""), each, root) for each in range(pages.PAGES)}

    def _verified_root(self) -> bytes:
        if self._root is None:
            found = READ_STATE.one(connection_of(self._session), _ROW)
            if found is None:
                self._root = pages.EMPTY_ROOT
            else:
                root, origin, size, time, binding = found
                if time is not None:
                    self._cipher.require_bound(origin, size, root, binding)
                self._root = bytes(root)
        return self._root

    def _shows_each_statement_anew(self) -> bool:
        connection = connection_of(self._session)
        return connection.dialect.name == "postgresql" and connection.get_isolation_level() == "READ COMMITTED"

    def _forget(self) -> None:
        self._root = None
        self._pages.clear()
        self._seals.clear()


def seals_in(session: "Session", cipher: "RecordCipher") -> Seals:
    """Return the seals of a unit of work: one for each session, so that it reads a page once."""
    kept = session.info.get(_KEPT)
    if not isinstance(kept, Seals) or kept.cipher is not cipher:
        kept = session.info[_KEPT] = Seals(session, cipher)
    return kept


def require(seal: Seal | None, scope: Scope, key: str, digests: Mapping[int, bytes]) -> None:
    """Check that rows just read are those of a seal; see `Seals.require`.

    Raises:
        RecordsTampered: they are not.
    """
    if seal is None and not digests:
        return
    if seal is None or not digests:
        raise tampered(scope, key)
    for part, digest in digests.items():
        if not hmac.compare_digest(digest, seal.digests[part] if part < len(seal.digests) else b""):
            raise tampered(scope, key)


def tampered(scope: str, key: str) -> RecordsTampered:
    """Return the error of rows that are not what this node wrote last; it names their thing by the node's own id."""
    return RecordsTampered(
        _("{what} {key} no está como este nodo lo escribió por última vez", what=TITLES.get(scope, scope), key=key),
        remedy=TAMPERED_REMEDY,
    )


def _typed(read: Callable[[], Rows]) -> Rows:
    try:
        return read()
    except (
        ValueError,
        TypeError,
        AttributeError,
    ) as error:  # of another type than the column
        raise RecordsTampered(
            _("una fila tiene un valor que este nodo nunca escribe"), remedy=TAMPERED_REMEDY
        ) from error


def _fitting(entries: bytes, number: int, root: bytes) -> bytes:
    if not hmac.compare_digest(pages.digest_of(entries), pages.in_root(root, number)):
        raise tampered("seal_pages", str(number))
    return entries


def _seal(version: int, digests: bytes) -> Seal:
    size = pages.DIGEST_BYTES
    return Seal(version, tuple(bytes(digests[place : place + size]) for place in range(0, len(digests), size)))


def _chunks(keys: Iterable[str]) -> Iterable[list[str]]:
    left = iter(keys)
    while chunk := list(islice(left, _CHUNK)):
        yield chunk
