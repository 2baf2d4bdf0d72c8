"""Passwords: how they are stored (Argon2id, RFC 9106) and which are good enough (NIST SP 800-63B, CCN-STIC 821)."""

import secrets
import threading
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from presentation.messages import _
from service.web.errors import PasswordWeak

LEAST_CHARACTERS: Final = 12
MOST_CHARACTERS: Final = 200
_LEAST_DIFFERENT: Final = 6
_AT_ONCE: Final = 2
"""Hashes computed at the same time: each takes 64 MiB."""


class Passwords:
    """Hashes and verifies passwords, a few at a time; safe across threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """Use the library's parameters (RFC 9106, second recommended option) unless tests give cheaper ones."""
        self._hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = ""

    def hash(self, password: str) -> str:
        """Return the text that is stored of a password."""
        with self._turns:
            return self._hasher.hash(normal(password))

    def verify(self, stored: str | None, password: str) -> bool:
        """Return whether a password is the stored one; without one, take as long and say no."""
        against = stored if stored is not None else self._nobody()
        with self._turns:
            try:
                self._hasher.verify(against, normal(password)[:MOST_CHARACTERS])
            except (Argon2Error, InvalidHashError):
                return False
        return stored is not None

    def _nobody(self) -> str:
        """Return the hash of a password that nobody knows."""
        if not self._nobodys:
            self._nobodys = self.hash(secrets.token_urlsafe(32))
        return self._nobodys


def normal(password: str) -> str:
    """Return a password in one form, whatever the keyboard that composed its accents (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check_new(password: str, login: str) -> None:
    """Check that a new password is good enough: length counts, not kinds of characters.

    Raises:
        PasswordWeak: it is not. The message does not repeat it.
    """
    text = normal(password)
    remedy = _("elija varias palabras que solo usted junte; los espacios valen")
    if not LEAST_CHARACTERS <= len(text) <= MOST_CHARACTERS:
        raise PasswordWeak(
            _("la contraseña ha de tener de {least} a {most} caracteres", least=LEAST_CHARACTERS, most=MOST_CHARACTERS),
            remedy=remedy,
        )
    if len(set(text.casefold())) < _LEAST_DIFFERENT:
        raise PasswordWeak(_("la contraseña repite muy pocos caracteres"), remedy=remedy)
    if login.casefold() in text.casefold():
        raise PasswordWeak(_("la contraseña contiene el nombre de usuario"), remedy=remedy)
