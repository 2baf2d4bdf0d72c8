"""Alembic's entry point; `node.runtime.migrate` hands in the connection, inside its transaction."""

from node.migrations.metadata import all_metadata
from node.runtime.migrate import run_environment

run_environment(all_metadata())
