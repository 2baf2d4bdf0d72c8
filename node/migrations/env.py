"""Alembic's entry point; `service.migrate` hands in the connection, inside its transaction."""

from node.migrations.metadata import all_metadata
from service.migrate import run_environment

run_environment(all_metadata())
