"""Check values by which two entities notice that one document stands for two people: a document is a key.

Both sides compute HMAC-SHA256 (RFC 2104) over the person's pairwise pseudonym, birth date and registered sex, under a
key of the pair that serves nothing else, and cut it to a few bits. The asker sends its values inside its signed
request, the holder compares.

The two entities know the key, and could try every birth date. Cut to `BIRTH_DIGITS` and `SEX_DIGITS`, a value fits
one birth date in 256, so that the holder learns which few hundred dates are possible and not the date; the same person
has the same values in every request, so that more requests tell no more. A conflict is missed as rarely. What is not
recorded at one of the two is unknown, and no conflict.
"""

import hmac
from datetime import date
from typing import Annotated, Final

from pydantic import Field, StringConstraints

from presentation.messages import _
from records_exchange.errors import IdentityCheckUnknown
from records_exchange.linkage import PairwiseKey
from trust.canonical_model import CanonicalModel

SCHEME: Final = "birth-sex/1"
BIRTH_DIGITS: Final = 2
SEX_DIGITS: Final = 1
_NOT_STATED: Final = frozenset({"", "x"})
"""Values of the registered sex that contradict nothing."""


class IdentityCheck(CanonicalModel):
    """The check values of one person between two entities; unverified unless their request is."""

    scheme: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9/\-]{0,31}$")]
    birth: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,64}$")] | None = Field(default=None)
    """Of the birth date; None when it is not known."""
    sex: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,64}$")] | None = Field(default=None)
    """Of birth date and registered sex together, as sex alone has two values; None when one is not known."""

    def require_known(self) -> None:
        """Refuse check values that this version cannot compare: an unknown one must not pass for an agreement.

        Raises:
            IdentityCheckUnknown: another scheme, or values of another length.
        """
        lengths = (len(self.birth or "0" * BIRTH_DIGITS), len(self.sex or "0" * SEX_DIGITS))
        if self.scheme != SCHEME or lengths != (BIRTH_DIGITS, SEX_DIGITS):
            raise IdentityCheckUnknown(_("el valor de comprobación es de una versión desconocida"))

    @property
    def text(self) -> str:
        """The values as one text, to be stored beside a decision about them."""
        return f"{self.birth or '-'}:{self.sex or '-'}"


def identity_check(key: PairwiseKey, subject: str, birth_date: date | None, sex: str | None) -> IdentityCheck | None:
    """Return the check values of a person; None when the birth date is not known.

    Args:
        key: of the two entities.
        subject: the person's pseudonym under this key.
        birth_date: as recorded, when the day is known.
        sex: code of the registered sex; None when it is not recorded.
    """
    if birth_date is None:
        return None
    born = birth_date.isoformat()
    stated = sex not in _NOT_STATED and sex is not None
    return IdentityCheck(
        scheme=SCHEME,
        birth=key.check_value(f"birth|{subject}|{born}")[:BIRTH_DIGITS],
        sex=key.check_value(f"sex|{subject}|{born}|{sex}")[:SEX_DIGITS] if stated else None,
    )


def contradict(one: IdentityCheck | None, other: IdentityCheck | None) -> bool:
    """Return whether two check values cannot be of one person; False where either side does not know.

    Compares without regard to the place of the first difference.
    """
    if one is None or other is None:
        return False
    pairs = ((one.birth, other.birth), (one.sex, other.sex))
    unlike = [not hmac.compare_digest(a, b) for a, b in pairs if a is not None and b is not None]
    return any(unlike)
