"""Encryption of personal data at rest: one key per person, wrapped by a key derived from the node's data key.

Erasing a person is destroying their key. Fields are sealed with AES-GCM-SIV (RFC 8452), which stays safe if a nonce
ever repeats; the associated data name the table, column, row and key, so that a sealed value cannot be moved to another
cell. Blind indexes (HMAC-SHA256) let the node find a document without storing it readable.
"""

import hmac
import json
import os
from binascii import b2a_hex
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from node.errors import TAMPERED_REMEDY, RecordsTampered, RecordsUnreadable
from presentation.messages import _

DATA_KEY_BYTES: Final = 32
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_KEY_ID_BYTES: Final = 8
_TAG_BYTES: Final = 16
_NODE: Final = "node"
HIDDEN_PREFIX: Final = "k"
"""First character of a stored pseudonym; a pseudonym itself is hexadecimal."""
_HIDDEN_DIGITS: Final = 62


class SealedPlace(NamedTuple):
    """The place of a sealed value; it is authenticated with the value."""

    table: str
    column: str
    row_id: str
    version: int = 0
    """Of the row; 0 for rows without versions, and for those written before there were any."""

    def associated_data(self, key_id: str) -> bytes:
        """Return ``table|column|row id|key id``, and ``|version`` where there is one."""
        place = f"{self.table}|{self.column}|{self.row_id}|{key_id}"
        return (f"{place}|{self.version}" if self.version else place).encode()


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A person's key as stored: sealed under the node's data key."""

    key_id: str
    wrapped: bytes


class PersonCipher:
    """Seals and opens the values of one person."""

    def __init__(self, key_id: str, key: bytes) -> None:
        self.key_id = key_id
        self._aead = AESGCMSIV(key)

    def seal(self, cell: SealedPlace, text: str) -> bytes:
        """Return nonce and ciphertext of `text` for one cell."""
        return self.seal_bytes(cell, text.encode())

    def open(self, cell: SealedPlace, sealed: bytes) -> str:
        """Return the text sealed for this cell.

        Raises:
            RecordsUnreadable: other key, other cell, or altered bytes.
        """
        return self.open_bytes(cell, sealed).decode()

    def seal_bytes(self, cell: SealedPlace, data: bytes) -> bytes:
        """Return nonce and ciphertext of `data` for one cell, or for one file."""
        return _seal(self._aead, data, cell.associated_data(self.key_id))

    def open_bytes(self, cell: SealedPlace, sealed: bytes) -> bytes:
        """Return the bytes sealed for this cell or file.

        Raises:
            RecordsUnreadable: other key, other cell, or altered bytes.
        """
        return _open(self._aead, sealed, cell.associated_data(self.key_id))


class RecordCipher:
    """Wraps people's keys and computes blind indexes under keys derived from the node's data key."""

    def __init__(self, data_key: bytes) -> None:
        """Derive the wrapping and indexing keys.

        Args:
            data_key: 32 bytes from the operating system's generator, kept in ``HOME/keys/data.key``.

        Raises:
            RecordsUnreadable: not 32 bytes.
        """
        if len(data_key) != DATA_KEY_BYTES:
            raise RecordsUnreadable(
                _(
                    "la clave de datos tiene {length} bytes, no {expected}",
                    length=len(data_key),
                    expected=DATA_KEY_BYTES,
                ),
                remedy=_("restaure keys/data.key desde una copia de seguridad"),
            )
        self._wrapping = AESGCMSIV(_derived(data_key, b"redpact records person-key wrapping v1"))
        self._indexing = _derived(data_key, b"redpact records blind index v1")
        self._digesting = _derived(data_key, b"redpact records content digest v1")
        self._sealing = _derived(data_key, b"redpact row seals v1")
        self._last_root = (b"", sha256(b"").digest())
        self._hiding = _derived(data_key, b"redpact pairwise pseudonym at rest v1")
        self._keeping = AESGCMSIV(_derived(data_key, b"redpact node values at rest v1"))

    def new_person_key(self, person_id: str) -> tuple[PersonCipher, WrappedKey]:
        """Return a new key for a person, ready to use and as it is stored."""
        key, key_id = os.urandom(_KEY_BYTES), os.urandom(_KEY_ID_BYTES).hex()
        wrapped = _seal(self._wrapping, key, _key_cell(person_id).associated_data(key_id))
        return PersonCipher(key_id, key), WrappedKey(key_id, wrapped)

    def person(self, person_id: str, stored: WrappedKey) -> PersonCipher:
        """Return the cipher of a person from their stored key.

        Raises:
            RecordsUnreadable: the key was wrapped under another data key or for another person.
        """
        key = _open(self._wrapping, stored.wrapped, _key_cell(person_id).associated_data(stored.key_id))
        return PersonCipher(stored.key_id, key)

    def blind_index(self, namespace: str, text: str) -> bytes:
        """Return 32 bytes, equal for equal texts, that reveal nothing without the data key."""
        return hmac.digest(self._indexing, f"{namespace}|{text}".encode(), sha256)

    def hidden_pseudonym(self, pseudonym: str) -> str:
        """Return the text under which a pairwise pseudonym is stored, 63 characters: the same for the same pseudonym.

        A pairwise pseudonym can be computed from every document by either of its two entities. What is stored can be
        computed with the data key alone, which is not in the database.
        """
        return HIDDEN_PREFIX + hmac.digest(self._hiding, pseudonym.encode(), sha256).hex()[:_HIDDEN_DIGITS]

    def link_tag(self, key_id: str, hidden: str, person_id: str) -> bytes:
        """Return the 16 bytes that bind a stored pseudonym to its person."""
        return hmac.digest(self._hiding, f"link|{key_id}|{hidden}|{person_id}".encode(), sha256)[:_TAG_BYTES]

    def keep(self, cell: SealedPlace, data: bytes) -> bytes:
        """Return bytes that concern no one person, sealed under a key of the node for one cell."""
        return _seal(self._keeping, data, cell.associated_data(_NODE))

    def kept(self, cell: SealedPlace, sealed: bytes) -> bytes:
        """Return the bytes that `keep` sealed.

        Raises:
            RecordsUnreadable: other key, other cell, or altered bytes.
        """
        return _open(self._keeping, sealed, cell.associated_data(_NODE))

    def row_digest(self, rows: object) -> bytes:
        """Return 16 bytes, equal for equal rows: lists of texts, numbers and None; see `plain_time`, `plain_bytes`.

        Raises:
            TypeError: a value of another type.
        """
        return hmac.digest(self._sealing, _ROWS.encode(rows).encode(), sha256)[:_TAG_BYTES]

    def seal_tag(self, scope: str, key: str, version: int, digests: bytes) -> bytes:
        """Return the 16 bytes that prove a seal of this node, see `node.seals`."""
        return hmac.digest(self._sealing, f"seal|{scope}|{key}|{version}|".encode() + digests, sha256)[:_TAG_BYTES]

    def binding(self, origin: str, size: int, root: bytes) -> bytes:
        """Return the 32 bytes that bind the head of the ledger to the root of the seals."""
        known = self._last_root  # most entries leave the root as it is
        if known[0] != root:
            known = self._last_root = (root, sha256(root).digest())
        return hmac.digest(self._sealing, f"head|{origin}|{size}|".encode() + known[1], sha256)

    def require_bound(self, origin: str, size: int, root: bytes, binding: bytes | None) -> None:
        """Check that a head of the ledger is bound to a root.

        Raises:
            RecordsTampered: it is not.
        """
        if not hmac.compare_digest(self.binding(origin, size, root), binding or b""):
            raise RecordsTampered(
                _("el registro y los sellos de la base de datos no son del mismo momento"), remedy=TAMPERED_REMEDY
            )

    def content_digest(self, content: bytes) -> bytes:
        """Return 32 bytes, equal for equal content, by which an import notices a changed record."""
        return hmac.digest(self._digesting, content, sha256)


def plain_time(moment: datetime | str | None) -> str | None:
    """Return a moment as text for a digest: the same whatever its time zone, and as SQLite stores it.

    Args:
        moment: or the text that SQLite stores, which need not be read for it.
    """
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return moment


def plain_bytes(value: object) -> str | None:
    """Return bytes as text for a digest.

    Raises:
        TypeError: it is text, which others put in a column of bytes.
    """
    if value is None:
        return None
    return b2a_hex(value).decode() if isinstance(value, bytes) else _no_bytes()


def _no_bytes() -> str:
    raise TypeError("a column of bytes holds something else")


_ROWS: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
"""Of the standard library, whose form is the same in every version; columns have one type each."""


def _key_cell(person_id: str) -> SealedPlace:
    return SealedPlace("people", "wrapped_key", person_id)


def _derived(data_key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=info).derive(data_key)


def _seal(aead: AESGCMSIV, plain: bytes, associated: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + aead.encrypt(nonce, plain, associated)


def _open(aead: AESGCMSIV, sealed: bytes, associated: bytes) -> bytes:
    try:
        return aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], associated)
    except (InvalidTag, ValueError) as error:
        raise RecordsUnreadable(
            _("un valor protegido no se puede descifrar con la clave de datos de este nodo"),
            remedy=_("restaure keys/data.key y la base de datos de una misma copia de seguridad"),
        ) from error
