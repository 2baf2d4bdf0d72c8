"""The database migrations of a node, run by Alembic."""

from typing import Final

MIGRATIONS: Final = "node:migrations"
"""Alembic's script location."""
