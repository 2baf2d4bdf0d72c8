"""The witness of a service: requests of the C2SP tlog-witness protocol to replies, each inside one transaction.

Serving HTTP is the business of the programs' edges (``serve.py``); this module opens no port and starts no thread.
"""

import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from consent_ledger.proofs.cosignature import Cosigner
from consent_ledger.witnessing.fork_evidence import clear_doubt, keep_evidence
from consent_ledger.witnessing.sql_checkpoints import CheckpointRole, SqlCheckpointStore
from consent_ledger.witnessing.witness import CheckpointConflict, LogKey, Witness, WitnessReply, screen

_CHECKPOINT: Final = re.compile(r"/([0-9a-f]{64})/checkpoint")
_COSIGNED: Final = 200
_NOT_FOUND: Final = WitnessReply(404, b"nothing here; see https://c2sp.org/tlog-witness\n")


@dataclass(frozen=True, slots=True)
class WitnessEndpoint:
    """Maps requests to the witness of a service to replies. Safe to call from several threads.

    Attributes:
        home: the folder in which evidence of misconduct is kept.
        cosigner: the witness's key.
        transaction: opens a unit of work that commits at its end.
        snapshot: opens a unit of work that only reads.
        log_key: returns the key trusted for an origin.
        now: returns the time in UTC.
        on_conflict: called with evidence that was kept.
    """

    home: Path
    cosigner: Cosigner
    transaction: Callable[[], AbstractContextManager[Session]]
    snapshot: Callable[[], AbstractContextManager[Session]]
    log_key: LogKey
    now: Callable[[], datetime]
    on_conflict: Callable[[CheckpointConflict], None] = lambda _conflict: None
    _turn: threading.Lock = field(init=False, default_factory=threading.Lock)

    def handle(self, method: str, path: str, body: bytes) -> WitnessReply:
        """Answer ``POST /add-checkpoint`` and ``GET /<hex SHA-256 of the origin>/checkpoint``."""
        if method == "POST" and path == "/add-checkpoint":
            return self._add(body)
        match = _CHECKPOINT.fullmatch(path)
        if method != "GET" or match is None:
            return _NOT_FOUND
        with self.snapshot() as session:
            return self._witness(session).checkpoint(match[1])

    def _add(self, body: bytes) -> WitnessReply:
        screened, now = screen(body, self.log_key), self.now()
        if isinstance(screened, WitnessReply):
            return screened
        with self._turn, self.transaction() as session:
            reply = self._witness(session).extend(screened, now)
        # The checkpoint is durable from here on: a slower, smaller request can no longer roll it back.
        if reply.status == _COSIGNED:
            clear_doubt(self.home, screened.checkpoint.origin)
        if reply.evidence is not None:
            keep_evidence(self.home, reply.evidence, seen_by="witness", now=now)
            self.on_conflict(reply.evidence)
        return reply

    def _witness(self, session: Session) -> Witness:
        return Witness(SqlCheckpointStore(session, CheckpointRole.WITNESS), self.cosigner)
