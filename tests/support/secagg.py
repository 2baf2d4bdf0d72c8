"""Entities that sum together in one process, for tests."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

import numpy as np

from federated.privacy.quantisation import IntVector
from federated.secagg import server
from federated.secagg.client import Masker
from federated.secagg.cohort import Cohort, form_cohort
from federated.secagg.keys import new_private_key, public_key
from federated.secagg.messages import MaskedInput, UnmaskingAnswer

CAMPAIGN, MANIFEST, CONTEXT = "ab" * 16, "cd" * 32, b"what the round asks".ljust(32, b".")


class Group:
    """A cohort with the private state of every entity in it."""

    def __init__(self, size: int) -> None:
        self.private = {f"entity-{index:03d}": new_private_key() for index in range(size)}
        self.cohort: Cohort = form_cohort(
            CAMPAIGN, MANIFEST, {entity: public_key(key) for entity, key in self.private.items()}
        )
        self.maskers = {entity: Masker(self.cohort, entity, key) for entity, key in self.private.items()}

    @property
    def entities(self) -> tuple[str, ...]:
        return tuple(self.private)

    def mask(
        self, vectors: Mapping[str, IntVector], round_number: int = 1, context: bytes = CONTEXT
    ) -> dict[str, MaskedInput]:
        return {name: self.maskers[name].mask(round_number, context, vector) for name, vector in vectors.items()}

    def answer(self, entity: str, inputs: Mapping[str, MaskedInput], round_number: int = 1) -> UnmaskingAnswer:
        shares = server.shares_for(self.cohort, inputs, entity)
        return self.maskers[entity].unmask(round_number, CONTEXT, list(inputs), shares, 3)

    def answers(self, inputs: Mapping[str, MaskedInput], without: Collection[str] = ()) -> dict[str, UnmaskingAnswer]:
        asked = server.answers_needed(self.cohort, inputs)
        return {name: self.answer(name, inputs) for name in asked if name not in without}

    def total(self, inputs: Mapping[str, MaskedInput], answers: Mapping[str, UnmaskingAnswer]) -> server.SecureSum:
        return server.total(self.cohort, inputs, answers, 1, CONTEXT)


@lru_cache(maxsize=64)
def group_of(size: int) -> Group:
    """Keys are made once for each size: making them is most of the time of a test."""
    return Group(size)


def zeros(entities: Iterable[str], length: int = 4) -> dict[str, IntVector]:
    return {entity: np.zeros(length, dtype=np.int64) for entity in entities}


def only(inputs: Mapping[str, MaskedInput], names: Iterable[str]) -> dict[str, MaskedInput]:
    return {name: inputs[name] for name in names}
