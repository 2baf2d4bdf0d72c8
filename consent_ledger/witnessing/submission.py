"""A request to one witness for its cosignature of a checkpoint (C2SP tlog-witness).

A request names the size that the witness cosigned last; when it answers with another size (status 409), the request is
repeated from there. A witness that has seen a larger size or another root shows a fork or a rollback of the log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from consent_ledger.proofs.checkpoint import Checkpoint
from consent_ledger.proofs.cosignature import parse_cosignatures
from consent_ledger.proofs.note import NoteSignature
from consent_ledger.witnessing.assignment import KnownWitness
from consent_ledger.witnessing.client import WitnessReply
from consent_ledger.witnessing.errors import WitnessRefused
from consent_ledger.witnessing.witness import AddCheckpoint
from policies.errors import RedpactError
from presentation.messages import _

_FORKED: Final = 422
_TRIES: Final = 3

Submit = Callable[[str, AddCheckpoint], WitnessReply]
"""Sends a request to the witness at a URL."""


@dataclass(frozen=True, slots=True)
class Submission:
    """A signed checkpoint for witnesses.

    Attributes:
        note: the signed checkpoint.
        checkpoint: its content.
        prove: returns the proof that it extends the tree of a size.
        send: sends a request.
        contradicted: given the witness and the size that it cosigned last, returns the error to raise when what it
            cosigned does not go together with the checkpoint.
    """

    note: bytes
    checkpoint: Checkpoint
    prove: Callable[[int], tuple[bytes, ...]]
    send: Submit
    contradicted: Callable[[KnownWitness, int], RedpactError]

    def cosignature(self, witness: KnownWitness, old: int) -> NoteSignature:
        """Return the verified cosignature of a witness.

        Args:
            witness: to be asked.
            old: the size that it is thought to have cosigned last.

        Raises:
            WitnessUnreachable, AddressRefused: it gives no answer, or may not be called.
            WitnessRefused: it refuses the checkpoint.
            MalformedDocument, SignatureInvalid: its answer is no cosignature by it.
            RedpactError: what it has seen contradicts the checkpoint.
        """
        if old > self.checkpoint.size:  # it cosigned a larger size: its answer will show it
            old = 0
        for _unused in range(_TRIES):
            reply = self.send(witness.url, AddCheckpoint(old, self.prove(old), self.note))
            if reply.cosigned:
                return parse_cosignatures(reply.body, self.checkpoint.text(), witness.verifier)[0]
            if reply.size is None:
                break
            if reply.size > self.checkpoint.size:
                raise self.contradicted(witness, reply.size)
            old = reply.size
        else:
            raise WitnessRefused(
                _("{witness} responde una y otra vez con otro tamaño del registro", witness=witness.id),
                remedy=_("avise a quien administra el testigo"),
            )
        if reply.status == _FORKED:
            raise self.contradicted(witness, old)
        raise WitnessRefused(
            _(
                "{witness} respondió {status}: {body}",
                witness=witness.id,
                status=reply.status,
                body=reply.body[:200].decode("utf-8", "replace").strip(),
            ),
            remedy=_("compruebe que el directorio del testigo está al día"),
        )
