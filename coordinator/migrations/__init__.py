"""Alembic migrations of the coordinator's database."""

from typing import Final

MIGRATIONS: Final = "coordinator:migrations"
"""This package as `service.migrate` takes it."""
