"""Digests of rows as a database driver returns them."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from node.cipher import plain_bytes, plain_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from node.cipher import RecordCipher


def rows_digest(cipher: "RecordCipher", name: str, *tables: "Iterable[Sequence[Any]]") -> bytes:
    """Return the digest of the rows that one thing has in some tables, in whatever order they were read.

    Args:
        cipher: of the node.
        name: of the kind of thing.
        tables: the rows of each table; the first two columns tell them apart.

    Raises:
        TypeError: a value of a type that no column has.
    """
    plain = [
        sorted((tuple(map(_plain, row)) for row in rows), key=lambda row: (str(row[0]), str(row[1]))) for rows in tables
    ]
    return cipher.row_digest([name, *plain])


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return plain_time(value)
    if isinstance(value, date):
        return value.isoformat()
    return plain_bytes(value) if isinstance(value, bytes) else value
