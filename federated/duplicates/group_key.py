"""The key that the entities of one campaign share and the coordinator, which only carries its parts, never learns.

It is drawn jointly (commit, then reveal; Blum, "Coin flipping by telephone", 1981). Each entity of the committee draws
a share and signs a commitment to it together with its mask key, before it has seen anything of the others. When the
cohort is fixed it seals the share for each other entity, under a key derived from the secret that the two already share
(of secure aggregation's X25519 keys). The group key is derived from all shares: one share that its entity drew honestly
makes it uniform, and nobody can choose or change it after seeing the others. Every entity of the cohort knows it.

HKDF is RFC 5869, the sealing ChaCha20-Poly1305 of RFC 8439 with campaign, sender and recipient as associated data, so
that a sealed share cannot be carried elsewhere.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from federated.errors import DuplicateCheckInvalid
from presentation.messages import _

KEY_BYTES: Final = 32
SEALED_SHARE_BYTES: Final = 12 + KEY_BYTES + 16
"""Nonce, share, tag."""

_NONCE_BYTES: Final = 12

PairSecret = Callable[[str, str], bytes]
"""Returns the secret that two entities (own, other) share: at least 32 bytes, equal at both."""


def checked_cohort(cohort: Sequence[str]) -> tuple[str, ...]:
    """Return a cohort sorted.

    Raises:
        DuplicateCheckInvalid: fewer than two entities, or one of them twice.
    """
    found = tuple(sorted(cohort))
    if len(found) < 2 or len(set(found)) != len(found):  # noqa: PLR2004 - one entity has no duplicates
        raise DuplicateCheckInvalid(_("para comprobar duplicados hacen falta dos entidades distintas o más"))
    return found


def draw_share() -> bytes:
    """Return a new share of 32 bytes, from the operating system."""
    return secrets.token_bytes(KEY_BYTES)


def share_commitment(share: bytes, *, campaign: str, entity: str) -> str:
    """Return the commitment, in hex, of an entity to its share; it reveals nothing of the 256 random bits.

    Raises:
        DuplicateCheckInvalid: the share has the wrong length.
    """
    _check_length(share)
    return hashlib.sha256(framed("redpact group share v1", campaign, entity) + share).hexdigest()


def joint_key(cohort_sha256: bytes, shares: Mapping[str, bytes], *, campaign: str) -> bytes:
    """Return the group key of 32 bytes from everybody's shares, the same in whatever order they come.

    Raises:
        DuplicateCheckInvalid: a share has the wrong length.
    """
    for share in shares.values():
        _check_length(share)
    material = b"".join(framed(entity) + shares[entity] for entity in sorted(shares))
    info = framed("redpact duplicate check v1", "group key", campaign)
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=cohort_sha256, info=info).derive(material)


def seal_share(share: bytes, pair_secret: PairSecret, *, campaign: str, sender: str, recipient: str) -> bytes:
    """Return a share sealed for one entity, `SEALED_SHARE_BYTES` long; the same bytes at each call.

    The key serves for this one message. The nonce is derived from the share, so that a share that was drawn anew after
    a crash would never be sealed with the nonce of the first.

    Raises:
        DuplicateCheckInvalid: the share, or the secret it is to be sealed under, has the wrong length.
    """
    _check_length(share)
    key = pair_key(pair_secret(sender, recipient), "group share", campaign, (sender, recipient))
    nonce = hmac.digest(key, share, "sha256")[:_NONCE_BYTES]
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, share, _associated(campaign, sender, recipient))


def open_share(sealed: bytes, pair_secret: PairSecret, *, campaign: str, sender: str, recipient: str) -> bytes:
    """Return the share that `sender` sealed for `recipient` in this campaign.

    Raises:
        DuplicateCheckInvalid: the bytes are not a share sealed by that sender for that recipient and campaign.
    """
    if len(sealed) != SEALED_SHARE_BYTES:
        raise _not_sealed(sender)
    key = pair_key(pair_secret(recipient, sender), "group share", campaign, (sender, recipient))
    nonce, content = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, content, _associated(campaign, sender, recipient))
    except InvalidTag as error:
        raise _not_sealed(sender) from error


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
    return framed("redpact group share v1", campaign, sender, recipient)


def _check_length(share: bytes) -> None:
    if len(share) != KEY_BYTES:
        raise DuplicateCheckInvalid(_("una parte de la clave de grupo debe tener 32 bytes"))


def _not_sealed(sender: str) -> DuplicateCheckInvalid:
    return DuplicateCheckInvalid(
        _("la parte de la clave de grupo que llegó como de {sender} no es la que esa entidad selló", sender=sender),
        remedy=_("avise a quien administra el coordinador"),
    )
