"""The witness of a service over HTTP: the rules inside one transaction, the reply after it has committed."""

import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from consent_ledger.cosignature import Cosigner
from consent_ledger.fork_evidence import clear_doubt, keep_evidence
from consent_ledger.witness import MAX_REQUEST_BYTES, LogKey, Reply, Witness, screen
from consent_ledger.witness_store import Role, SqlCheckpointStore
from service.http_server import HttpReply, RunningHttp, start_http

_CHECKPOINT: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")
_COSIGNED: Final = 200
_NOT_FOUND: Final = HttpReply(404, b"nothing here; see https://c2sp.org/tlog-witness\n")


@dataclass(frozen=True, slots=True)
class WitnessDesk:
    """What answers the requests that reach a service's witness. Safe to call from several threads."""

    home: Path
    cosigner: Cosigner
    transaction: Callable[[], AbstractContextManager[Session]]
    snapshot: Callable[[], AbstractContextManager[Session]]
    log_key: LogKey
    now: Callable[[], datetime]
    turn: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, method: str, path: str, body: bytes) -> HttpReply:
        """Answer ``POST /add-checkpoint`` and ``GET /<hex SHA-256 of the origin>/checkpoint``."""
        if method == "POST" and path == "/add-checkpoint":
            return self._add(body)
        match = _CHECKPOINT.fullmatch(path)
        if method != "GET" or match is None:
            return _NOT_FOUND
        with self.snapshot() as session:
            return _http(self._witness(session).checkpoint(match[1]))

    def serve(self, listen: str) -> RunningHttp:
        """Start answering.

        Raises:
            AddressInUse: the address cannot be bound.
        """
        return start_http(listen, self.handle, max_body_bytes=MAX_REQUEST_BYTES)

    def _add(self, body: bytes) -> HttpReply:
        screened, now = screen(body, self.log_key), self.now()
        if isinstance(screened, Reply):
            return _http(screened)
        with self.turn, self.transaction() as session:
            reply = self._witness(session).extend(screened, now)
        # What was remembered is durable from here on: a slower, smaller request can no longer roll it back.
        if reply.status == _COSIGNED:
            clear_doubt(self.home, screened.checkpoint.origin)
        if reply.evidence is not None:
            keep_evidence(self.home, reply.evidence, seen_by="witness", now=now)
        return _http(reply)

    def _witness(self, session: Session) -> Witness:
        return Witness(SqlCheckpointStore(session, Role.WITNESS), self.cosigner)


def _http(reply: Reply) -> HttpReply:
    return HttpReply(reply.status, reply.body, reply.content_type)
