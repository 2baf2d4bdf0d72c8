"""Measuring: latencies one after the other, throughput with many in flight, processor time of both ends."""

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
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


def durations(call: Callable[[], object], *, calls: int) -> list[float]:
    """Return how many seconds each of some calls took, one after the other."""
    found = []
    for _ in range(calls):
        started = time.perf_counter()
        call()
        found.append(time.perf_counter() - started)
    return found


def cpu_seconds(pid: int) -> float:
    """Return the processor time that a process has used, user and system, in steps of the kernel's clock tick."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    user, system = (int(words[place]) for place in (11, 12))  # utime and stime of proc(5), after the program's name
    return (user + system) / os.sysconf("SC_CLK_TCK")


def latency(call: Callable[[], object], *, calls: int, warm_up: int = 20) -> Latency:
    """Time `call`, one after the other."""
    for _ in range(warm_up):
        call()
    return Latency.of(durations(call, calls=calls))


def throughput(call: Callable[[], object], *, calls: int, in_flight: int) -> float:
    """Return calls a second with `in_flight` of them under way at any time."""
    with ThreadPoolExecutor(in_flight) as pool:
        list(pool.map(lambda _: call(), range(2 * in_flight)))
        started = time.perf_counter()
        list(pool.map(lambda _: call(), range(calls)))
        return calls / (time.perf_counter() - started)
