"""The network's testimony to a ledger, exported with it: the trust policy, and the newest cosigned checkpoint."""

from dataclasses import dataclass
from typing import Self

from consent_ledger.errors import LedgerDamaged
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.proofs.checkpoint import Checkpoint, read_checkpoint
from consent_ledger.proofs.trust_policy import NO_QUORUM
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class WitnessTestimony:
    """A trust policy (C2SP tlog-policy), and the newest checkpoint whose cosignatures satisfy it, if there is one."""

    policy: bytes
    cosigned: bytes | None = None

    @classmethod
    def alone(cls, ledger: ConsentLedger) -> Self:
        """Return the testimony for a ledger without witnesses: its own key."""
        return cls(f"log {ledger.vkey}\nquorum {NO_QUORUM}\n".encode())

    def checkpoint_with(self, index: int, ledger: ConsentLedger) -> bytes:
        """Return the cosigned checkpoint when it covers an entry, else the newest one.

        Raises:
            LedgerDamaged: the cosigned checkpoint is not of this ledger as it is stored.
        """
        if self.cosigned is None or read_checkpoint(self.cosigned).size <= index:
            return ledger.checkpoint()
        require_own(read_checkpoint(self.cosigned), ledger)
        return self.cosigned


def require_own(cosigned: Checkpoint, ledger: ConsentLedger) -> None:
    """Check that a checkpoint is of the stored entries.

    Raises:
        LedgerDamaged: it is not: the stored entries are fewer, or others.
    """
    if cosigned.size > ledger.size() or ledger.subtrees()(0, cosigned.size) != cosigned.root:
        raise LedgerDamaged(
            _("los testigos cofirmaron {size} anotaciones, y las guardadas son menos o son otras", size=cosigned.size),
            remedy=_(
                "¿se ha restaurado una copia antigua? Conserve la base de datos y avise a la persona "
                "delegada de protección de datos"
            ),
        )
