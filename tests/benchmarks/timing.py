"""Measuring: latencies one after the other, throughput with many in flight."""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Latency:
    """Quantiles of a number of calls, in milliseconds."""

    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: list[float]) -> Self:
        """Return the quantiles of durations given in seconds."""
        cuts = statistics.quantiles(seconds, n=100, method="inclusive")
        return cls(p50=cuts[49] * 1e3, p99=cuts[98] * 1e3)


def latency(call: Callable[[], object], *, calls: int, warm_up: int = 20) -> Latency:
    """Time `call`, one after the other."""
    for _ in range(warm_up):
        call()
    durations = []
    for _ in range(calls):
        started = time.perf_counter()
        call()
        durations.append(time.perf_counter() - started)
    return Latency.of(durations)


def throughput(call: Callable[[], object], *, calls: int, in_flight: int) -> float:
    """Return calls a second with `in_flight` of them under way at any time."""
    with ThreadPoolExecutor(in_flight) as pool:
        list(pool.map(lambda _: call(), range(in_flight)))
        started = time.perf_counter()
        list(pool.map(lambda _: call(), range(calls)))
        return calls / (time.perf_counter() - started)
