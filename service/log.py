"""Structured logs as JSON lines on standard error, with personal identifiers and secrets taken out.

The application log is not the audit log: accesses to data are in the ledger.
"""

import logging
import re
import sys
import threading
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from functools import partial
from typing import Any, Final, TextIO

import structlog

from presentation.harmless import escaped_json

REDACTED: Final = "[redacted]"

_PERSONAL: Final = re.compile(r"\b(?:[XYZxyz]\d{7}|\d{8})[-\s]?[A-Za-z]\b")
"""A DNI (8 digits and a letter) or a NIE (X, Y or Z, 7 digits and a letter), Real Decreto 1553/2005."""

_PEM: Final = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_URL_PASSWORD: Final = re.compile(r"(?<=://)([^:/@\s]+):[^@\s]+@")
_SECRET_NAMES: Final = frozenset({"token", "password", "secret", "document", "data_key", "private_key"})


def configure(level: str) -> None:
    """Send events of `level` and above to standard error, one JSON object a line."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=partial(StandardError, sys.stderr),
        cache_logger_on_first_use=False,
    )


class StandardError:
    """Writes lines to a stream, and drops them once it is closed: a failing log must not stop the service."""

    _lock: Final = threading.Lock()

    def __init__(self, stream: TextIO, *_named: object) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        """Write a whole line, if the other end of the stream still reads."""
        with self._lock, suppress(OSError, ValueError):  # reader gone, disk full, or stream closed
            self._stream.write(f"{escaped_json(line)}\n")
            self._stream.flush()

    debug = info = warning = error = critical = exception = msg


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Remove identifiers and secrets from an event (a structlog processor)."""
    return {name: REDACTED if name in _SECRET_NAMES else _clean(value) for name, value in event.items()}


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        text = _PEM.sub(REDACTED, value)
        return _URL_PASSWORD.sub(rf"\1:{REDACTED}@", _PERSONAL.sub(REDACTED, text))
    if isinstance(value, Mapping):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    return value
