"""The second factor: codes of an authenticator application (TOTP, RFC 6238), each good once."""

import hmac
from base64 import b32encode
from datetime import datetime
from typing import Final

import pyotp

STEP_SECONDS: Final = 30
_DIGITS: Final = 6
_KEY_BYTES: Final = 20
"""As long as the hash, RFC 4226 section 4."""

KEY_BYTES: Final = _KEY_BYTES


def used_step(key: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """Return the step of time of a right code; None for a wrong one, or one that is not newer than the last used.

    The steps before and after the present one count too: clocks differ.
    """
    digits = "".join(code.split())
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    totp = pyotp.TOTP(_text(key))
    present = int(now.timestamp()) // STEP_SECONDS
    found = None
    for step in (present - 1, present, present + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits) and step > last_step:
            found = step
    return found


def key_text(key: bytes) -> str:
    """Return a key as people type it into an application, in groups of four."""
    text = _text(key)
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def enrolment_address(key: bytes, login: str, issuer: str) -> str:
    """Return the address that an application reads from a QR symbol."""
    return pyotp.TOTP(_text(key)).provisioning_uri(name=login, issuer_name=issuer)


def _text(key: bytes) -> str:
    return b32encode(key).decode()
