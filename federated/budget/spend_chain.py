"""The hash chain over the spends of a data set, which reveals a spend removed, inserted or changed later."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from federated.errors import BudgetDamaged
from presentation.messages import _
from trust import canonical


@dataclass(frozen=True, slots=True)
class SpendLink:
    """One spend at its place in the chain of its data set.

    Attributes:
        sequence: from 1.
        previous: hash of the link before it; empty for the first.
    """

    sequence: int
    previous: str
    campaign_id: str
    round: int
    request_sha256: str
    reply_sha256: str
    spent_at: datetime

    @property
    def sha256(self) -> str:
        """Hash of everything above, in hex."""
        content = {
            "sequence": self.sequence,
            "previous": self.previous,
            "campaign": self.campaign_id,
            "round": self.round,
            "request": self.request_sha256,
            "reply": self.reply_sha256,
            "spent_at": self.spent_at.isoformat(),
        }
        return hashlib.sha256(canonical.encode(content)).hexdigest()


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A link as stored, with the hash stored beside it."""

    link: SpendLink
    sha256: str


def check_chain(dataset: str, stored: Iterable[StoredLink]) -> None:
    """Check a data set's whole chain.

    It does not reveal spends cut off at the end; the consent ledger has an entry for each of them.

    Raises:
        BudgetDamaged: a link is missing, out of place, or not what its hash says.
    """
    previous = ""
    for position, item in enumerate(stored, start=1):
        if (item.link.sequence, item.link.previous) != (position, previous) or item.link.sha256 != item.sha256:
            raise BudgetDamaged(
                _(
                    "el gasto {position} del conjunto de datos {dataset!r} no es el que se registró",
                    position=position,
                    dataset=dataset,
                ),
                remedy=_(
                    "no se gastará más presupuesto; restaure la base de datos del nodo desde una copia de "
                    "seguridad y avise a la Gerencia"
                ),
            )
        previous = item.sha256
