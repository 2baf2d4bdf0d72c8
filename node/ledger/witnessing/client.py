"""Requests to a witness over HTTP (C2SP tlog-witness)."""

import http.client
import urllib.parse
from dataclasses import dataclass
from typing import Final

from consent_ledger.witnessing.witness import SIZE_TYPE, AddCheckpoint
from node.ledger.witnessing.errors import WitnessUnreachable
from presentation.messages import _

CALL_SECONDS: Final = 5.0
_MAX_REPLY_BYTES: Final = 64 * 1024
_OK: Final = 200
_CONFLICT: Final = 409


@dataclass(frozen=True, slots=True)
class WitnessReply:
    """The unverified answer of a witness."""

    status: int
    body: bytes
    size: int | None = None
    """With status 409, the size of our ledger that the witness cosigned last."""

    @property
    def cosigned(self) -> bool:
        """True when the status promises cosignatures in the body."""
        return self.status == _OK


def submit(url: str, request: AddCheckpoint, *, seconds: float = CALL_SECONDS) -> WitnessReply:
    """Send a checkpoint to the witness at `url`.

    Raises:
        WitnessUnreachable: no answer, or a malformed one.
    """
    return exchange(url, "POST", "/add-checkpoint", request.to_bytes(), seconds=seconds)


def exchange(url: str, method: str, path: str, body: bytes = b"", *, seconds: float = CALL_SECONDS) -> WitnessReply:
    """Send a request to the witness at `url` and return its answer, whatever the status.

    Raises:
        WitnessUnreachable: no answer, or a malformed one.
    """
    parts = urllib.parse.urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=seconds)
    try:
        connection.request(method, parts.path.rstrip("/") + path, body or None, {"Content-Type": "text/plain"})
        answer = connection.getresponse()
        data = answer.read(_MAX_REPLY_BYTES)
        size = _size(answer.headers.get("Content-Type"), data) if answer.status == _CONFLICT else None
        return WitnessReply(answer.status, data, size)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WitnessUnreachable(
            _("el testigo de {url} no responde: {error}", url=url, error=str(error)), remedy=_("inténtelo más tarde")
        ) from error
    finally:
        connection.close()


def _size(content_type: str | None, body: bytes) -> int:
    text = body.decode("ascii", "replace").removesuffix("\n")
    if content_type != SIZE_TYPE or not text.isdigit() or len(text) > 19:  # noqa: PLR2004 - digits of 2^63
        raise ValueError("a conflict without the size the witness has")
    return int(text)
