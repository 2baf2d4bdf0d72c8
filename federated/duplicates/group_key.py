"""The key that the entities of one campaign share and the coordinator, which only carries it, never learns.

One entity, the first of the sorted cohort, draws it and seals it for each other one under a key derived from the secret
that the two already share (of secure aggregation's X25519 keys). HKDF is RFC 5869, the sealing ChaCha20-Poly1305 of
RFC 8439 with campaign, sender and recipient as associated data, so that a sealed key cannot be carried elsewhere.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from federated.errors import DuplicateCheckInvalid
from presentation.messages import _

KEY_BYTES: Final = 32
SEALED_KEY_BYTES: Final = 12 + KEY_BYTES + 16
"""Nonce, key, tag."""

_NONCE_BYTES: Final = 12

PairSecret = Callable[[str, str], bytes]
"""Returns the secret that two entities (own, other) share: at least 32 bytes, equal at both."""


def key_generator_of(cohort: Sequence[str]) -> str:
    """Return the entity of a cohort that draws the group key: the first by name.

    Raises:
        DuplicateCheckInvalid: as `checked_cohort`.
    """
    return checked_cohort(cohort)[0]


def checked_cohort(cohort: Sequence[str]) -> tuple[str, ...]:
    """Return a cohort sorted.

    Raises:
        DuplicateCheckInvalid: fewer than two entities, or one of them twice.
    """
    found = tuple(sorted(cohort))
    if len(found) < 2 or len(set(found)) != len(found):  # noqa: PLR2004 - one entity has no duplicates
        raise DuplicateCheckInvalid(_("para comprobar duplicados hacen falta dos entidades distintas o más"))
    return found


def draw_group_key() -> bytes:
    """Return a new key of 32 bytes, from the operating system."""
    return secrets.token_bytes(KEY_BYTES)


def seal_group_key(key: bytes, pair_secret: PairSecret, *, campaign: str, sender: str, recipient: str) -> bytes:
    """Return the group key sealed for one entity, `SEALED_KEY_BYTES` long.

    Raises:
        DuplicateCheckInvalid: the key, or the secret it is to be sealed under, has the wrong length.
    """
    if len(key) != KEY_BYTES:
        raise DuplicateCheckInvalid(_("una clave de grupo debe tener 32 bytes"))
    nonce = secrets.token_bytes(_NONCE_BYTES)
    cipher = ChaCha20Poly1305(pair_key(pair_secret(sender, recipient), "group key", campaign, (sender, recipient)))
    return nonce + cipher.encrypt(nonce, key, _associated(campaign, sender, recipient))


def open_group_key(sealed: bytes, pair_secret: PairSecret, *, campaign: str, sender: str, recipient: str) -> bytes:
    """Return the group key that `sender` sealed for `recipient` in this campaign.

    Raises:
        DuplicateCheckInvalid: the bytes are not a key sealed by that sender for that recipient and campaign.
    """
    if len(sealed) != SEALED_KEY_BYTES:
        raise DuplicateCheckInvalid(
            _("una clave de grupo sellada debe tener {sealed_key_bytes} bytes", sealed_key_bytes=SEALED_KEY_BYTES)
        )
    cipher = ChaCha20Poly1305(pair_key(pair_secret(recipient, sender), "group key", campaign, (sender, recipient)))
    nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return cipher.decrypt(nonce, content, _associated(campaign, sender, recipient))
    except InvalidTag as error:
        raise DuplicateCheckInvalid(
            _("la clave de grupo recibida de {sender} no es la que esa entidad selló", sender=sender),
            remedy=_("avise a quien administra el coordinador"),
        ) from error


def pair_key(secret: bytes, use: str, campaign: str, entities: tuple[str, str]) -> bytes:
    """Derive a key for one use, campaign and pair of entities from the secret that the two share.

    Raises:
        DuplicateCheckInvalid: the secret is shorter than 32 bytes.
    """
    if len(secret) < KEY_BYTES:
        raise DuplicateCheckInvalid(_("el secreto que comparten dos entidades es demasiado corto"))
    info = framed("redpact duplicate check v1", use, campaign, *entities)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(secret)


def framed(*parts: str) -> bytes:
    """Return an injective encoding of texts: each after its length in two bytes."""
    return b"".join(len(part.encode()).to_bytes(2, "big") + part.encode() for part in parts)


def _associated(campaign: str, sender: str, recipient: str) -> bytes:
    return framed("redpact group key v1", campaign, sender, recipient)
