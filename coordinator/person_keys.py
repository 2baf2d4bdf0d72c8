"""The key file of a person of the Gerencia: an Ed25519 key, sealed with a passphrase that only that person knows.

The passphrase is stretched with scrypt (RFC 7914) and seals with AES-256-GCM; the file says whose key it is.
"""

import json
import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from coordinator.errors import PersonKeyExists, PersonKeyUnusable
from policies.strict_reading import read_json
from presentation.messages import _
from service.files import read_private, write_private
from trust.signing import Ed25519Signer

SHORTEST: Final = 12
"""Characters of a passphrase, at least."""
_COST: Final = 2**16
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12


def create_person_key(file: Path, person: str, passphrase: str) -> Ed25519Signer:
    """Make a key, write it sealed to a new file, and return it.

    Raises:
        PersonKeyExists: the file exists.
        PersonKeyUnusable: the passphrase is too short.
        HomeUnusable, StorageFull: it cannot be written.
    """
    if file.exists():
        raise PersonKeyExists(_("{file} ya existe", file=file), remedy=_("elija otro --key-file"))
    if len(passphrase) < SHORTEST:
        raise PersonKeyUnusable(
            _("la frase de paso tiene menos de {n} caracteres", n=SHORTEST), remedy=_("elija una más larga")
        )
    key, salt, nonce = Ed25519Signer.generate(), os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
    sealed = AESGCM(_stretched(passphrase, salt)).encrypt(nonce, key.to_pem(), person.encode())
    parts = {"salt": salt.hex(), "nonce": nonce.hex(), "sealed": sealed.hex()}
    document = {"v": 1, "person": person, "public": key.public_key.hex(), **parts}
    write_private(file, (json.dumps(document, indent=2) + "\n").encode())
    return key


def open_person_key(file: Path, passphrase: str) -> tuple[str, Ed25519Signer]:
    """Return the person and the key of a file.

    Raises:
        PersonKeyUnusable: another passphrase, or no such file.
        KeyUnreadable: it cannot be read, or others can read it.
    """
    try:
        document = read_json(read_private(file))
        person = str(document["person"])
        salt, nonce, sealed = (bytes.fromhex(document[name]) for name in ("salt", "nonce", "sealed"))
        pem = AESGCM(_stretched(passphrase, salt)).decrypt(nonce, sealed, person.encode())
    except (KeyError, TypeError, ValueError, RecursionError, InvalidTag) as error:
        raise PersonKeyUnusable(
            _("{file} no es una clave, o la frase de paso es otra", file=file), remedy=_("repítalo")
        ) from error
    return person, Ed25519Signer.from_pem(pem)


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=8, p=1).derive(passphrase.encode())
