"""Sealing of training's secrets at this node, under a key derived from the node's data key."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from node.training.errors import SecretUnreadable
from presentation.messages import _

_NONCE_BYTES: Final = 12


class TrainingSecretSealer:
    """Implements `federated.participation.enrolment.SecretSealer` by AES-GCM-SIV (RFC 8452); it binds the label."""

    def __init__(self, data_key: bytes) -> None:
        info = b"redpact training secrets v1"
        self._aead = AESGCMSIV(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(data_key))

    def seal(self, label: str, data: bytes) -> bytes:
        """Return `data` sealed under the node's key and bound to `label`."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, data, label.encode())

    def open(self, label: str, sealed: bytes) -> bytes:
        """Return the data sealed under this label.

        Raises:
            SecretUnreadable: another key, another label, or altered bytes.
        """
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label.encode())
        except (InvalidTag, ValueError) as error:
            raise SecretUnreadable(
                _("no se puede abrir un secreto del entrenamiento"),
                remedy=_("restaure keys/data.key y la base de datos de una misma copia de seguridad"),
            ) from error
