"""A bare call and a consented fetch, measured in turns, so that whatever else the machine does falls on both alike."""

import os
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.benchmarks.bare_call import bare_call
from tests.benchmarks.fetch import consented_fetch
from tests.benchmarks.relayed import relayed_fetch
from tests.benchmarks.timing import Latency, cpu_seconds, durations, throughput

IN_FLIGHT: Final = 16
ROUNDS: Final = 6
_CALLS: Final = 100
_CALLS_AT_ONCE: Final = 320
_WARM_UP: Final = 60


@dataclass(slots=True)
class Measured:
    """What was measured of one kind of call."""

    name: str
    call: Callable[[], object]
    callee: int
    """Process id of the other end; the caller is this process."""
    seconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    caller_cpu: float = 0.0
    callee_cpu: float = 0.0

    def one_by_one(self, calls: int) -> None:
        """Time calls one after the other, and what they cost both processes."""
        own, other = cpu_seconds(os.getpid()), cpu_seconds(self.callee)
        self.seconds += durations(self.call, calls=calls)
        self.caller_cpu += cpu_seconds(os.getpid()) - own
        self.callee_cpu += cpu_seconds(self.callee) - other

    def at_once(self, calls: int) -> None:
        """Measure calls a second with `IN_FLIGHT` under way."""
        self.rates.append(throughput(self.call, calls=calls, in_flight=IN_FLIGHT))

    @property
    def latency(self) -> Latency:
        """The quantiles of the calls made one by one."""
        return Latency.of(self.seconds)

    @property
    def rate(self) -> float:
        """Calls a second with `IN_FLIGHT` under way, the median of the rounds."""
        return statistics.median(self.rates)

    @property
    def cpu(self) -> tuple[float, float]:
        """Processor milliseconds of a call, of the caller and of the callee."""
        return 1e3 * self.caller_cpu / len(self.seconds), 1e3 * self.callee_cpu / len(self.seconds)


def measure_calls(folder: Path, fewer: int) -> list[Measured]:
    """Return what a bare call and a fetch cost.

    Args:
        folder: where the network is made.
        fewer: divides the number of calls.
    """
    with ExitStack() as stack:
        call, callee = stack.enter_context(bare_call(folder / "bare"))
        bare = Measured("bare unary call", call, callee)
        made = stack.enter_context(consented_fetch(folder / "network"))
        ours = Measured("consented fetch (in both ledgers)", made.fetch, made.holder)
        for each in (bare, ours):
            durations(each.call, calls=_WARM_UP)
        for _ in range(ROUNDS):
            for each in (bare, ours):
                each.one_by_one(_CALLS // fewer)
                each.at_once(_CALLS_AT_ONCE // fewer)
    return [bare, ours]


def measure_relayed(folder: Path, fewer: int) -> Measured:
    """Return what the same fetch costs by the relay; the arguments are those of `measure_calls`."""
    with relayed_fetch(folder) as made:
        relayed = Measured("consented fetch by relay", made.fetch, made.holder)
        durations(made.fetch, calls=_WARM_UP)
        for _ in range(ROUNDS):
            relayed.one_by_one(_CALLS // fewer)
            relayed.at_once(_CALLS_AT_ONCE // fewer)
    return relayed
