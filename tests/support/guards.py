"""Guards of test servers: generous, but for what a test makes scarce."""

from collections.abc import Mapping

from service.call_guard import BODY_SECONDS, CallGuard, CallLimit
from service.limits import CallerLimits, CallGroup, Rate
from tests.support.clock import FrozenClock

PLENTY = Rate(per_second=1000.0, burst=1_000_000)


def caller_limits(*, threads: int = 4, rate: Rate = PLENTY) -> CallerLimits:
    """Return limits with a clock that stands still, so that no reserve is refilled."""
    return CallerLimits(dict.fromkeys(CallGroup, rate), threads=threads, now=FrozenClock().now)


def call_guard(
    network: str,
    calls: Mapping[str, CallLimit] | None = None,
    *,
    limits: CallerLimits | None = None,
    body_seconds: float = BODY_SECONDS,
) -> CallGuard:
    """Return the guard of a server."""
    return CallGuard(
        limits or caller_limits(), calls or {}, network=network, certificates=None, body_seconds=body_seconds
    )
