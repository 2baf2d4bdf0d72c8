"""The records of a budget (limit, reservations, spends), and the interface of their storage.

An entity has one budget: that of its people. However its data sets are named, edited or registered again, the same
persons may be in them, so that a campaign on any of them spends the same budget.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from federated.budget.spend_chain import StoredLink
from federated.privacy.accountant import GaussianRounds
from federated.privacy.own_noise import SHARE_ONLY, OwnNoise, rounds_alone
from federated.privacy.stages import Part, Stage, gaussian_rounds, position_of

PEOPLE: Final = "people"
"""The population of an entity: every person in its records and its tables, for the one purpose that campaigns have."""


@dataclass(frozen=True, slots=True)
class BudgetLimit:
    """The limit of a population: at most `epsilon` at `delta` for a person, over all campaigns on all data sets."""

    epsilon: float
    delta: float
    population: str = PEOPLE


@dataclass(frozen=True, slots=True)
class Reservation:
    """The rounds that an approved campaign may spend, and those it has spent.

    Attributes:
        dataset: the data that the campaign uses; the budget does not depend on it.
        noise_shares: number of contributions over which the noise of a sum is split.
        own_noise: that this entity adds beyond its share.
        charged: every round counts as spent, because this node forgot which were (`EpsilonLedger.charge_all`).
    """

    campaign_id: str
    dataset: str
    stages: tuple[Stage, ...]
    spent: frozenset[int]
    closed: bool
    noise_shares: int = 1
    own_noise: OwnNoise = SHARE_ONLY
    charged: bool = False

    @property
    def rounds(self) -> int:
        """Number of rounds reserved."""
        return sum(stage.rounds for stage in self.stages)

    def committed(self, part: Part) -> tuple[GaussianRounds, ...]:
        """Return the rounds charged to one part of the people: all of them while open, the spent ones once closed."""
        return self.used(part) if self.closed else self._all(part)

    def used(self, part: Part) -> tuple[GaussianRounds, ...]:
        """Return the rounds already spent on one part of the people."""
        if self.charged:
            return self._all(part)
        found = [position_of(self.stages, number) for number in sorted(self.spent)]
        return tuple(
            GaussianRounds(position.stage.noise_multiplier, 1)
            for position in found
            if position is not None and position.stage.kind.part is part
        )

    def _all(self, part: Part) -> tuple[GaussianRounds, ...]:
        return gaussian_rounds(self.stages, part)

    def alone(self, rounds: tuple[GaussianRounds, ...], part: Part) -> tuple[GaussianRounds, ...]:
        """Return rounds on one part of the people as they are under this entity's noise alone."""
        return rounds_alone(rounds, self.noise_shares, self.own_noise.factor(part))


@dataclass(frozen=True, slots=True)
class Spend:
    """The spend of one round: the hash of the request, and the bytes of the reply."""

    campaign_id: str
    round: int
    request_sha256: str
    reply: bytes
    spent_at: datetime


@dataclass(frozen=True, slots=True)
class RecordedUnmasking:
    """The one reply of this entity to the list of survivors of a round, with the hash of the request."""

    request_sha256: str
    reply: bytes


@dataclass(frozen=True, slots=True)
class BudgetStatement:
    """The state of the budget, epsilon at the limit's delta.

    The limit is on the stated figures, which suppose that no more entities than a campaign allows for give their noise
    away. The figures alone suppose that all the others do; they may be infinite.

    Attributes:
        spent: epsilon of the rounds that left this node, or that may have left it.
        committed: epsilon with every open reservation spent to its end.
        spent_alone: of the rounds that left, when only this entity's noise is unknown.
        committed_alone: with every open reservation spent to its end, likewise.
    """

    limit: BudgetLimit
    spent: float
    committed: float
    spent_alone: float
    committed_alone: float
    reservations: tuple[Reservation, ...]

    @property
    def left(self) -> float:
        """The plain difference, for people; admission of a campaign composes the rounds instead."""
        return max(0.0, self.limit.epsilon - self.committed)


class BudgetStore(Protocol):
    """Storage of budgets. Every method works inside the caller's transaction."""

    def lock(self, population: str) -> BudgetLimit | None:
        """Return the limit of a population, holding its lock until the transaction ends."""
        ...

    def put_limit(self, limit: BudgetLimit, now: datetime) -> None:
        """Store or replace a limit."""
        ...

    def chains(self) -> tuple[str, ...]:
        """Return the data sets on which something was spent, sorted: each has a chain of its own."""
        ...

    def reservations(self) -> tuple[Reservation, ...]:
        """Return every reservation, oldest first."""
        ...

    def reservation(self, campaign_id: str) -> Reservation | None:
        """Return the reservation of a campaign."""
        ...

    def put_reservation(self, reservation: Reservation, now: datetime) -> None:
        """Store a new reservation."""
        ...

    def close(self, campaign_id: str, now: datetime) -> None:
        """Mark a reservation closed."""
        ...

    def charge_all(self, now: datetime) -> None:
        """Mark every reservation charged, and closed where it is open."""
        ...

    def spend(self, campaign_id: str, round_number: int) -> Spend | None:
        """Return the spend of one round."""
        ...

    def put_spend(self, dataset: str, spend: Spend) -> None:
        """Store a new spend as the next link of the chain of its data set; the caller holds the lock."""
        ...

    def links(self, dataset: str) -> tuple[StoredLink, ...]:
        """Return the data set's chain, first spend first."""
        ...

    def unmasking(self, campaign_id: str, round_number: int) -> RecordedUnmasking | None:
        """Return the stored reply to the unmasking of a spent round, or None."""
        ...

    def put_unmasking(self, campaign_id: str, round_number: int, unmasking: RecordedUnmasking) -> None:
        """Store the one reply to the unmasking of a spent round."""
        ...
