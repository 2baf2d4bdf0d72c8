"""Results that a form produced and a page of its own shows, kept in memory for one login and a short time.

What was typed and what was found never stand in an address, the page can be reloaded, printed and read in another
language, and nothing is written to disk. After a restart they are gone, and one asks again.
"""

import secrets
import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

MOST: Final = 500
"""Kept at once for everybody; the oldest give way."""
KEPT_FOR: Final = timedelta(minutes=30)


class KeptResults:
    """Results by a random key; safe across threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._results: OrderedDict[tuple[bytes, str], tuple[datetime, object]] = OrderedDict()

    def keep(self, secret: bytes, result: object, now: datetime) -> str:
        """Keep a result for a login, and return its key."""
        key = secrets.token_urlsafe(16)
        with self._lock:
            self._results[_owner(secret), key] = (now, result)
            while len(self._results) > MOST:
                self._results.popitem(last=False)
        return key

    def find(self, secret: bytes, key: str, now: datetime) -> object | None:
        """Return the result of a login; None when it is gone, or another login's."""
        with self._lock:
            found = self._results.get((_owner(secret), key))
            if found is None:
                return None
            kept_at, result = found
            if now - kept_at >= KEPT_FOR:
                del self._results[_owner(secret), key]
                return None
            return result

    def forget(self, secret: bytes) -> None:
        """Forget everything of a login that ended."""
        owner = _owner(secret)
        with self._lock:
            for key in [each for each in self._results if each[0] == owner]:
                del self._results[key]


def _owner(secret: bytes) -> bytes:
    return sha256(secret).digest()
