"""References to things in addresses: opaque, and good for one login only.

An address stays in the browser's history, in proxies and on paper, so it names nobody: an id is sealed with a key that
is derived from the login's token, which only the browser has. A reference of another login, or of another kind of
thing, does not open.
"""

import binascii
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from presentation.messages import _
from service.web.errors import ReferenceUnknown

_NO_NONCE: Final = bytes(12)
"""RFC 8452: with one nonce for all, equal texts give equal references, which within one login tell nothing."""
_LONGEST: Final = 400


class References:
    """Seals and opens the references of one login."""

    __slots__ = ("_aead",)

    def __init__(self, secret: bytes) -> None:
        self._aead = AESGCMSIV(hmac.digest(secret, b"redpact references of a login v1", sha256))

    def seal(self, kind: str, identifier: str) -> str:
        """Return the reference to a thing of some kind."""
        sealed = self._aead.encrypt(_NO_NONCE, identifier.encode(), kind.encode())
        return urlsafe_b64encode(sealed).decode().rstrip("=")

    def open(self, kind: str, reference: str) -> str:
        """Return the identifier that a reference stands for.

        Raises:
            ReferenceUnknown: it is of another login or another kind, or no reference at all.
        """
        try:
            sealed = urlsafe_b64decode(reference[:_LONGEST] + "=" * (-len(reference[:_LONGEST]) % 4))
            return self._aead.decrypt(_NO_NONCE, sealed, kind.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise ReferenceUnknown(
                _("esa dirección no es de esta sesión"), remedy=_("busque de nuevo a la persona")
            ) from error


def form_token(secret: bytes) -> str:
    """Return the token that the forms of a login carry, by which they are told from those of other sites."""
    return hmac.digest(secret, b"redpact form token v1", sha256).hex()


def is_form_token(secret: bytes, given: str) -> bool:
    """Return whether a form carries the token of this login."""
    return hmac.compare_digest(form_token(secret).encode(), given.encode())
