"""The migrations of a node's database."""

from typing import Final

MIGRATIONS: Final = "node:migrations"
"""Package and folder of the scripts, as `service.migrate` takes them."""
