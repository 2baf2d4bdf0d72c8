"""The newest tag of every seal, in pages whose digests stand in one root (pure: bytes in, bytes out).

A page is a sorted run of entries: 12 bytes that name a seal, 16 bytes of its tag. A change of one seal changes its page
and the root; a look-up reads both, whatever the number of seals.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Final

PAGES: Final = 256
"""So that a root of 4 KiB serves 200,000 people with pages of some 30 KiB."""
NAME_BYTES: Final = 12
TAG_BYTES: Final = 16
DIGEST_BYTES: Final = 16
_ENTRY: Final = NAME_BYTES + TAG_BYTES
_EMPTY: Final = bytes(DIGEST_BYTES)
EMPTY_ROOT: Final = _EMPTY * PAGES


def page_of(key: str) -> int:
    """Return the number of the page of a key; all scopes of a key have one page."""
    return sha256(key.encode()).digest()[0]


def name_of(scope: str, key: str) -> bytes:
    """Return the name of a seal in its page."""
    return sha256(f"{scope}|{key}".encode()).digest()[:NAME_BYTES]


def digest_of(entries: bytes) -> bytes:
    """Return the digest of a page, zeros for an empty one."""
    return sha256(entries).digest()[:DIGEST_BYTES] if entries else _EMPTY


def in_root(pages: bytes, number: int) -> bytes:
    """Return the digest of a page in a root."""
    return pages[number * DIGEST_BYTES : (number + 1) * DIGEST_BYTES]


def tag_in(entries: bytes, name: bytes) -> bytes | None:
    """Return the tag of a seal in a page; None when the page names no such seal."""
    found = entries.find(name)
    while found >= 0:
        if found % _ENTRY == 0:
            return entries[found + NAME_BYTES : found + _ENTRY]
        found = entries.find(name, found + 1)
    return None


def names_in(entries: bytes) -> Iterator[bytes]:
    """Iterate over the names of a page."""
    return (entries[place : place + NAME_BYTES] for place in range(0, len(entries), _ENTRY))


def changed(entries: bytes, tags: Mapping[bytes, bytes | None]) -> bytes:
    """Return a page with other tags of some names; None removes a name."""
    split = [entries[place : place + _ENTRY] for place in range(0, len(entries), _ENTRY)]
    for name, tag in tags.items():
        place = bisect_left(split, name)
        there = place < len(split) and split[place].startswith(name)
        split[place : place + there] = [] if tag is None else [name + tag]
    return b"".join(split)


def with_page(pages: bytes, number: int, entries: bytes) -> bytes:
    """Return a root with the digest of a changed page."""
    start = number * DIGEST_BYTES
    return pages[:start] + digest_of(entries) + pages[start + DIGEST_BYTES :]
