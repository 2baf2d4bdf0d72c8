"""The records of a data set's budget (limit, reservations, spends), and the interface of their storage."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from federated.budget.spend_chain import StoredLink
from federated.privacy.accountant import GaussianRounds
from federated.privacy.stages import Part, Stage, gaussian_rounds, position_of


@dataclass(frozen=True, slots=True)
class BudgetLimit:
    """The limit of a data set: at most `epsilon` at `delta` for a person, over all campaigns."""

    dataset: str
    epsilon: float
    delta: float


@dataclass(frozen=True, slots=True)
class Reservation:
    """The rounds that an approved campaign may spend on a data set, and those it has spent."""

    campaign_id: str
    dataset: str
    stages: tuple[Stage, ...]
    spent: frozenset[int]
    closed: bool

    @property
    def rounds(self) -> int:
        """Number of rounds reserved."""
        return sum(stage.rounds for stage in self.stages)

    def committed(self, part: Part) -> tuple[GaussianRounds, ...]:
        """Return the rounds charged to one part of the people: all of them while open, the spent ones once closed."""
        return self.used(part) if self.closed else gaussian_rounds(self.stages, part)

    def used(self, part: Part) -> tuple[GaussianRounds, ...]:
        """Return the rounds already spent on one part of the people."""
        found = [position_of(self.stages, number) for number in sorted(self.spent)]
        return tuple(
            GaussianRounds(position.stage.noise_multiplier, 1)
            for position in found
            if position is not None and position.stage.kind.part is part
        )


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
    """The state of one data set's budget, epsilon at the limit's delta.

    Attributes:
        spent: epsilon of the rounds that left this node.
        committed: epsilon with every open reservation spent to its end.
    """

    limit: BudgetLimit
    spent: float
    committed: float
    reservations: tuple[Reservation, ...]

    @property
    def left(self) -> float:
        """The plain difference, for people; admission of a campaign composes the rounds instead."""
        return max(0.0, self.limit.epsilon - self.committed)


class BudgetStore(Protocol):
    """Storage of budgets. Every method works inside the caller's transaction."""

    def lock(self, dataset: str) -> BudgetLimit | None:
        """Return the limit of a data set, holding its lock until the transaction ends."""
        ...

    def put_limit(self, limit: BudgetLimit, now: datetime) -> None:
        """Store or replace a limit."""
        ...

    def datasets(self) -> tuple[str, ...]:
        """Return the data sets that have a limit, sorted."""
        ...

    def reservations(self, dataset: str) -> tuple[Reservation, ...]:
        """Return every reservation on a data set, oldest first."""
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

    def spend(self, campaign_id: str, round_number: int) -> Spend | None:
        """Return the spend of one round."""
        ...

    def put_spend(self, dataset: str, spend: Spend) -> None:
        """Store a new spend as the next link of the data set's chain; the caller holds the lock."""
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
