"""Guards of test servers: generous, but for what a test makes scarce."""

from collections.abc import Mapping

from service.call_guard import BODY_SECONDS, CallGuard, CallLimit
from service.limits import CallerLimits, CallGroup, Rate
from tests.support.clock import FrozenClock

PLENTY = Rate(per_second=1000.0, burst=1_000_000)


def call_guard(
    network: str,
    calls: Mapping[str, CallLimit] | None = None,
    *,
    threads: int = 4,
    rate: Rate = PLENTY,
    body_seconds: float = BODY_SECONDS,
) -> CallGuard:
    """Return the guard of a server with a clock that stands still, so that no reserve is refilled."""
    limits = CallerLimits(dict.fromkeys(CallGroup, rate), threads=threads, now=FrozenClock().now)
    return CallGuard(limits, calls or {}, network=network, body_seconds=body_seconds)
