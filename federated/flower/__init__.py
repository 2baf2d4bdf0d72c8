"""Flower's apps, strategy and grids. Only here is `flwr` imported.

By default Flower reports usage to its makers, asks a server for updates, installs an app's dependencies at run time and
writes every round to standard error. All of that is switched off here, before `flwr` is imported.
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


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


os.environ.update(FLOWER_ENVIRONMENT)
logging.getLogger("flwr").addFilter(_is_warning)
