"""What every test run needs before anything else."""

from hypothesis import HealthCheck, settings

import node.runtime  # noqa: F401  # settles the TLS version, which gRPC reads when it is first imported

# A timing is a benchmark, never an assertion: a busy machine must not fail a property.
settings.register_profile("redpact", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("redpact")
