"""Single-use codes of a person's card, which show a holder that the person was at the origin of a consent. Pure.

A holder gives a card to a person. At another entity the person hands over one code of it, and that entity, the origin,
sends with the consent an HMAC-SHA256 (RFC 2104) under a key made from the code with HKDF (RFC 5869). It covers the
digest of the terms sent, the two entities, the serial of the card and the number of the code. The holder keeps the
keys, never the codes.

Codes are written in Crockford's base 32, which has no I, L, O and U: people read them as 1, 1, 0 and V, and the first
three are taken for what was meant. The last symbol is a check: a weighted sum over GF(32) that finds every single wrong
symbol and every exchange of two, so that a slip of the pen never counts as a guess at the holder.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from typing_extensions import override

from presentation.messages import _
from records_exchange.errors import CodeMalformed
from trust.canonical import encode

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SYMBOLS: Final = 11
"""Random symbols of a code: 55 bits."""
CODE_SYMBOLS: Final = RANDOM_SYMBOLS + 1
SERIAL_SYMBOLS: Final = 8
"""Symbols of a card's serial: 35 random bits and the check. It is no secret and names nobody."""
MAX_CODES: Final = 40
"""Bound on the codes of one card."""

_GROUP: Final = 4
_VALUES: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}
_LOOK_ALIKES: Final = str.maketrans("ILO", "110")
_SEPARATORS: Final = re.compile(r"[\s.\-–]")  # noqa: RUF001 - people paste codes with a typographic dash
_PREFIX: Final = "RP1"
_PARTS: Final = 3
_PARTS_OF_QR: Final = 5
_NUMBER: Final = re.compile(r"[0-9]{1,2}")
_MAX_TEXT: Final = 200
_FIELD_BITS: Final = 0b100000
_FIELD_POLYNOMIAL: Final = 0b100101
"""x^5 + x^2 + 1, primitive over GF(2)."""
_KEY_BYTES: Final = 32
_INFO: Final = "redpact/person-code/v1"


def new_code() -> str:
    """Return a new code in normal form: random symbols of the operating system and the check symbol."""
    return _drawn(RANDOM_SYMBOLS)


def new_serial() -> str:
    """Return a new serial of a card in normal form."""
    return _drawn(SERIAL_SYMBOLS - 1)


def check_symbol(drawn: str) -> str:
    """Return the check symbol of fewer than 31 symbols of `ALPHABET`."""
    total = 0
    for symbol in drawn:
        total = _times_two(total ^ _VALUES[symbol])
    return ALPHABET[total]


def grouped(symbols: str) -> str:
    """Return a code or a serial as people read it: ``XXXX-XXXX-XXXX``."""
    return "-".join(symbols[start : start + _GROUP] for start in range(0, len(symbols), _GROUP))


@dataclass(frozen=True, slots=True)
class GivenCode:
    """A code as the person gave it. Its representation leaves the code out, so that no traceback shows it.

    Attributes:
        serial: of the card.
        number: of the code on the card.
        code: in normal form.
        holder: the entity that issued the card, as the QR names it; empty when the code was typed.
    """

    serial: str
    number: int
    code: str
    holder: str = ""

    @override
    def __repr__(self) -> str:
        return f"GivenCode(serial={self.serial!r}, number={self.number})"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``serial/number/code``, or the content of the QR: ``RP1/holder/serial/number/code``.

        Separators, case and look-alikes do not matter.

        Raises:
            CodeMalformed: it is neither, or a check symbol does not match. The message never repeats the text.
        """
        parts = [part.strip() for part in text[: _MAX_TEXT + 1].split("/")]
        holder = parts[1] if len(parts) == _PARTS_OF_QR and parts[0].upper() == _PREFIX else ""
        if holder:
            parts = parts[2:]
        if len(text) > _MAX_TEXT or len(parts) != _PARTS:
            raise CodeMalformed(
                _("un código de tarjeta se escribe tarjeta/número/código"),
                remedy=_("copie de la tarjeta las tres partes, separadas por barras, o lea el QR"),
            )
        serial, number, code = (_SEPARATORS.sub("", part).upper() for part in parts)
        if not (_NUMBER.fullmatch(number) and 1 <= int(number) <= MAX_CODES):
            raise CodeMalformed(
                _("el número del código va de 1 a {most}", most=MAX_CODES),
                remedy=_("copie el número que está junto al código"),
            )
        return cls(_checked(serial, SERIAL_SYMBOLS), int(number), _checked(code, CODE_SYMBOLS), holder)

    def qr_text(self, holder: str) -> str:
        """Return the content of the QR."""
        return "/".join((_PREFIX, holder, self.serial, str(self.number), self.code))

    def key(self, holder: str) -> bytes:
        """Return the key of the code: HKDF-SHA256 over the code, for one holder and one card."""
        info = f"{_INFO}|{holder}|{self.serial}|{self.number}".encode()
        return HKDF(SHA256(), _KEY_BYTES, salt=None, info=info).derive(self.code.encode())


@dataclass(frozen=True, slots=True)
class CodeUse:
    """The one use of a code that a MAC binds.

    Attributes:
        holder: the entity that issued the card.
        origin: the entity at which the person gave the code.
        serial: of the card.
        number: of the code.
        terms_sha256: digest in hex of the terms as they are sent.
    """

    holder: str
    origin: str
    serial: str
    number: int
    terms_sha256: str

    def mac(self, key: bytes) -> str:
        """Return the MAC under the key of the code, in hex."""
        document = {
            "type": _INFO,
            "holder": self.holder,
            "origin": self.origin,
            "serial": self.serial,
            "number": self.number,
            "terms_sha256": self.terms_sha256,
        }
        return hmac.digest(key, encode(document), "sha256").hex()

    def proved_by(self, mac: str, key: bytes) -> bool:
        """Return True when a MAC is the one of this use under the key; the time does not depend on where it differs."""
        return hmac.compare_digest(self.mac(key).encode(), mac.encode())


def _drawn(random_symbols: int) -> str:
    drawn = "".join(secrets.choice(ALPHABET) for _each in range(random_symbols))
    return drawn + check_symbol(drawn)


def _times_two(value: int) -> int:
    doubled = value << 1
    return doubled ^ _FIELD_POLYNOMIAL if doubled & _FIELD_BITS else doubled


def _checked(part: str, length: int) -> str:
    symbols = part.translate(_LOOK_ALIKES)
    if len(symbols) != length or not set(symbols) <= _VALUES.keys() or check_symbol(symbols[:-1]) != symbols[-1]:
        raise CodeMalformed(_("el código está mal copiado"), remedy=_("cópielo de nuevo de la tarjeta, o lea el QR"))
    return symbols
