"""What every test run needs before anything else."""

import os

from hypothesis import HealthCheck, settings

import node.runtime  # noqa: F401  # settles the TLS version, which gRPC reads when it is first imported

# A timing is a benchmark, never an assertion: a busy machine must not fail a property. On CI the examples are the same
# each time, so that a change is judged by what it changed; elsewhere they are new each time, which finds more.
settings.register_profile(
    "redpact", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize="CI" in os.environ
)
settings.load_profile("redpact")
