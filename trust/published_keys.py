"""Checks on the public keys of a directory: each is one entity's, for one purpose, and none is weak.

The key of a witness is left out of the first check: a witness whose key is somebody else's is skipped and named
(`consent_ledger.witnessing.assignment`), so that one entity's mistake stops nobody. The coordinator refuses it anyway.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Final

from presentation.messages import _
from trust.errors import KeyRefused
from trust.key_proofs import KeyPurpose
from trust.locator_terms import LocatorTerms
from trust.parties import COORDINATOR_ID, Party
from trust.points import is_strong_ed25519, is_strong_ristretto, is_strong_x25519

_PARTS: Final = 3


def key_of_vkey(vkey: str) -> bytes:
    """Return the raw key in a C2SP verifier key; empty when it is none, which its readers refuse."""
    parts = vkey.split("+", _PARTS - 1)
    if len(parts) != _PARTS:
        return b""
    try:
        return base64.b64decode(parts[-1], validate=True)[1:]
    except (ValueError, binascii.Error):
        return b""


def published_keys(party: Party) -> dict[KeyPurpose, bytes]:
    """Return the raw public keys of an entity, without those that it does not publish."""
    witness = party.witness_key or (key_of_vkey(party.witness.vkey).hex() if party.witness else "")
    found = {
        KeyPurpose.SIGNING: bytes.fromhex(party.signing_key),
        KeyPurpose.EXCHANGE: bytes.fromhex(party.exchange_key),
        KeyPurpose.LEDGER: key_of_vkey(party.ledger_vkey),
        KeyPurpose.WITNESS: bytes.fromhex(witness),
    }
    return {purpose: key for purpose, key in found.items() if key}


def require_strong(keys: Mapping[KeyPurpose, bytes], owner: str) -> None:
    """Check that no key is weak.

    Raises:
        KeyRefused: one is of small order, or not canonical.
    """
    for purpose, key in keys.items():
        if not (is_strong_x25519 if purpose is KeyPurpose.EXCHANGE else is_strong_ed25519)(key):
            raise KeyRefused(
                _(
                    "la clave «{purpose}» de {owner} es débil: cualquiera podría usarla",
                    purpose=purpose.value,
                    owner=owner,
                )
            )


def require_distinct(keys: Iterable[tuple[str, bytes]]) -> None:
    """Check that no key is listed twice.

    Args:
        keys: owner and key of each.

    Raises:
        KeyRefused: two owners have one key, or one owner has it for two purposes.
    """
    owners: dict[bytes, str] = {}
    for owner, key in keys:
        if key in owners:
            raise KeyRefused(
                _(
                    "{owner} y {other} publican la misma clave, o una misma para dos usos",
                    owner=owner,
                    other=owners[key],
                )
            )
        owners[key] = owner


def require_sound_keys(coordinator_key: str, entities: Iterable[Party], locator: LocatorTerms | None) -> None:
    """Check the keys that a directory lists.

    Raises:
        KeyRefused: one is weak, or two entities share one.
    """
    listed = [(COORDINATOR_ID, {KeyPurpose.SIGNING: bytes.fromhex(coordinator_key)})]
    listed += [(party.id, published_keys(party)) for party in entities]
    for owner, keys in listed:
        keys.pop(KeyPurpose.WITNESS, None)
        require_strong(keys, owner)
    require_distinct((owner, key) for owner, keys in listed for key in keys.values())
    for epoch in locator.epochs if locator else ():
        for held in epoch.keys:
            if not is_strong_ristretto(bytes.fromhex(held.public_key)):
                raise KeyRefused(_("la clave del localizador de {owner} es débil", owner=held.holder))
