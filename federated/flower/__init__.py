"""Flower's apps, strategy and grids. Only here is `flwr` imported.

Flower would otherwise report usage to its makers, ask a server for updates, install an app's dependencies at run time,
and write every round to standard error. A node of social services does none of that: switched off here, first of all.
"""

import logging
import os
from typing import Final

FLOWER_ENVIRONMENT: Final = {
    "FLWR_TELEMETRY_ENABLED": "0",
    "FLWR_DISABLE_UPDATE_CHECK": "1",
    "FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION": "1",
}
"""Environment variables that Flower reads (flwr 1.41); only these exact strings work."""


def _quiet(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


os.environ.update(FLOWER_ENVIRONMENT)
logging.getLogger("flwr").addFilter(_quiet)
