"""The keys of codes, sealed with their person's key: destroying that key destroys the card."""

from typing import TYPE_CHECKING

from node.cipher import PersonCipher, SealedPlace

if TYPE_CHECKING:
    from node.cards.model import CardCode


def seal_key(cipher: PersonCipher, serial: str, number: int, key: bytes) -> bytes:
    """Return the key of a code as it is stored."""
    return cipher.seal_bytes(_place(serial, number), key)


def open_key(cipher: PersonCipher, serial: str, code: "CardCode") -> bytes:
    """Return the key of a code.

    Raises:
        RecordsUnreadable: it was altered, or sealed under another key.
    """
    return cipher.open_bytes(_place(serial, code.number), code.sealed_key)


def _place(serial: str, number: int) -> SealedPlace:
    return SealedPlace("person_card_codes", "sealed_key", f"{serial}/{number}")
