"""The honest fetch while somebody floods: its median before and during each flood, with a floor that must hold.

The holder may open 1,024 descriptors, as a service without its unit of systemd: what a flood of connections once used
up. Each flood runs in a process of its own, on this machine, and so also takes processor time from both honest ends.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks.fetch import HOLDER, OTHER, ConsentedFetch, consented_fetch, running
from tests.benchmarks.flood import FLOODS
from tests.benchmarks.timing import Latency, durations

FLOOR_MS: Final = 50.0
"""The honest median during any flood stays below this."""
DESCRIPTORS: Final = 1024
LEAD_SECONDS: Final = 8.0
"""How long a flood goes on before its effect is measured: at 150 connections a second, longer than the descriptors."""
_CALLS: Final = 300
_WARM_UP: Final = 40
_TITLES: Final = {
    "withdrawals": "made-up withdrawals, 237/s",
    "directory_updates": "directory updates, 100/s",
    "connections": "connections without TLS, 150/s",
    "slow_sockets": "90 slow sockets at the witness",
    "fetches": "unsigned and wrongly signed fetches, 200/s",
    "code_guesses": "guesses of card codes, one after the other",
    "key_statements": "key statements, 200/s",
    "oversized": "oversized messages, 20/s",
    "health_streams": "streams of Health/Watch, 200/s",
}


@dataclass(frozen=True, slots=True)
class Flooded:
    """The honest fetch before and during one flood, and what the flood came to."""

    name: str
    before: Latency
    during: Latency
    sent: int
    passed: int
    seconds: float

    @property
    def title(self) -> str:
        """The flood, as the table names it."""
        return _TITLES[self.name]


def honest_fetch_under_floods(folder: Path, fewer: int) -> list[Flooded]:
    """Measure the fetch before and during each flood.

    Args:
        folder: where the network is made.
        fewer: divides the number of calls and the time.
    """
    with consented_fetch(folder, OTHER) as made:
        resource.prlimit(made.holder, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        durations(made.fetch, calls=_WARM_UP)
        return [_measured(made, name, fewer) for name in FLOODS]


def slow_floods(found: list[Flooded]) -> list[str]:
    """Return the floods during which the floor did not hold."""
    return [each.title for each in found if each.during.p50 >= FLOOR_MS]


def _measured(made: ConsentedFetch, name: str, fewer: int) -> Flooded:
    before = Latency.of(durations(made.fetch, calls=_CALLS // fewer))
    with _flood(made, name) as told:
        began = time.monotonic()
        time.sleep(LEAD_SECONDS if name == "connections" else LEAD_SECONDS / (2 * fewer))
        during = Latency.of(durations(made.fetch, calls=_CALLS // fewer))
        seconds = time.monotonic() - began
    running(made.network.nodes[HOLDER]), running(made.network.coordinator)
    return Flooded(name, before, during, told["sent"], told["passed"], seconds)


@contextmanager
def _flood(made: ConsentedFetch, name: str) -> Iterator[dict[str, int]]:
    """Flood while the block runs; afterwards the dictionary says what was sent."""
    network = made.network
    words = (name, str(network.home(OTHER)), f"127.0.0.1:{network.enrolment}", made.document)
    command = [sys.executable, "-m", "tests.benchmarks.flood", *words]
    told: dict[str, int] = {}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
        if flood.stdout is None or flood.stdout.readline().strip() != "ready":
            raise RuntimeError(f"the flood {name} did not begin")
        try:
            yield told
        finally:
            output, _errors = flood.communicate()
        told |= json.loads(output)
