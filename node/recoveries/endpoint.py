"""Vetoes of recoveries over HTTP, beside the witness.

They are taken from anybody, as each proves itself, and given to whoever asks.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from consent_ledger.witnessing.witness import WitnessReply
from node.context import NodeContext
from node.recoveries.vetoing import MAX_VETO_BYTES, PATH, obey_veto
from policies.errors import RedpactError
from trust import canonical

_ASKED: Final = re.compile(re.escape(PATH) + r"/([0-9a-f]{64})")
_OK: Final = 200
_REFUSED: Final = WitnessReply(403, b"no veto of a recovery that is known here\n")
_UNKNOWN: Final = WitnessReply(404, b"no such veto\n")


@dataclass(frozen=True, slots=True)
class VetoEndpoint:
    """Answers requests about vetoes, and leaves the others to the witness.

    Attributes:
        context: of the node.
        witness: answers all other requests.
    """

    context: NodeContext
    witness: Callable[[str, str, bytes], WitnessReply]

    def handle(self, method: str, path: str, body: bytes) -> WitnessReply:
        """Answer ``POST /recovery-veto`` and ``GET /recovery-veto/<id of the recovery>``."""
        if method == "POST" and path == PATH:
            return self._take(body)
        match = _ASKED.fullmatch(path)
        if method != "GET" or match is None:
            return self.witness(method, path, body)
        veto = self.context.directory.vetoes.find(match[1])
        return WitnessReply(_OK, canonical.encode(veto.model_dump(mode="json"))) if veto is not None else _UNKNOWN

    def _take(self, body: bytes) -> WitnessReply:
        if len(body) > MAX_VETO_BYTES:
            return _REFUSED
        try:
            obey_veto(self.context, body)
        except RedpactError:
            return _REFUSED
        return WitnessReply(_OK, b"")
