"""What every test run needs before anything else."""

import node.runtime  # noqa: F401  # settles the TLS version, which gRPC reads when it is first imported
