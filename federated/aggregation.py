"""How contributions become a sum. The seam where secure aggregation will go.

Today each entity adds the whole noise to its own sum, so the coordinator may see each one. With secure aggregation,
`protect` will mask the noised sum modulo 2^64 and `combine` will only ever learn the total; each entity then adds only
its share of the noise (`noise_shares` of the manifest). Nothing else has to change.
"""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from federated.rounds import IntVector


class SumProtocol(Protocol):
    """Adds int64 vectors of one shape that different entities hold."""

    def protect(self, entity: str, total: IntVector) -> IntVector:
        """Return what leaves the entity instead of its own sum."""
        ...

    def combine(self, parts: Mapping[str, IntVector]) -> tuple[int, ...]:
        """Return the sum over the entities, in unbounded integers."""
        ...


class PlainSums:
    """A `SumProtocol` that hides nothing: right only while each part carries all the noise itself."""

    def protect(self, entity: str, total: IntVector) -> IntVector:  # noqa: ARG002 - the protocol's argument
        """Return the entity's own, already noised, sum."""
        return total

    def combine(self, parts: Mapping[str, IntVector]) -> tuple[int, ...]:
        """Return the sum over the entities, in unbounded integers."""
        stacked = np.array([parts[entity] for entity in sorted(parts)], dtype=object)
        return tuple(int(number) for number in stacked.sum(axis=0))
