"""The secure sum that a campaign gathers or opens: its masked inputs, and the requests and replies that open it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from federated.campaign.steps import MaskReply, OpeningReply, StepReply, TableReply, UnmaskReply
from federated.errors import FederatedError
from federated.privacy.quantisation import IntVector
from federated.secagg import server as secagg
from federated.secagg.cohort import Cohort
from federated.secagg.messages import MaskedInput, UnmaskingResponse, check_input

Fault = Callable[[str, FederatedError], None]
"""Notes a reply that cannot be used: (entity, reason)."""


@dataclass
class GatheredSum:
    """The inputs of one sum, in memory only: after a restart they are asked for again.

    Attributes:
        cohort: of the campaign.
        number: of the round; 0 for the tables.
        context: digest of the request that everybody was asked alike, 32 bytes.
    """

    cohort: Cohort
    number: int
    context: bytes
    inputs: dict[str, MaskedInput] = field(default_factory=dict)

    def gather(self, replies: Mapping[str, StepReply], size: int, fault: Fault) -> None:
        """Take the usable inputs of vectors of `size` numbers; the others are noted."""
        for entity, reply in replies.items():
            assert isinstance(reply, MaskReply | TableReply)
            try:
                masked = MaskedInput(reply.vector, reply.shares)
                check_input(self.cohort, entity, masked, size)
            except FederatedError as error:
                fault(entity, error)
            else:
                self.inputs[entity] = masked

    def responders(self) -> dict[str, dict[str, bytes]]:
        """Return the entities whose response opens the sum, each with the shares that were sealed for it."""
        names = secagg.required_responders(self.cohort, tuple(self.inputs))
        return {entity: dict(secagg.shares_for(self.cohort, self.inputs, entity)) for entity in names}

    def opened(self, replies: Mapping[str, StepReply]) -> tuple[IntVector, Mapping[str, str]]:
        """Return the sum, and the reason for which a response could not be used by entity.

        Raises:
            SumLost, SecureSumRefused: it does not open.
        """
        answers = {
            entity: UnmaskingResponse(reply.sealed, reply.key_shares, reply.attestations)
            for entity, reply in replies.items()
            if isinstance(reply, UnmaskReply | OpeningReply)
        }
        result = secagg.total(self.cohort, self.inputs, answers, self.number, self.context)
        return result.total.astype(np.int64), result.unusable
