"""Add the witness key of an entity, which stays published when it stops witnessing."""

import base64
import binascii

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("network_entity", sa.Column("witness_key", sa.String(length=64), server_default="", nullable=False))
    table = sa.table("network_entity", sa.column("id"), sa.column("witness_vkey"), sa.column("witness_key"))
    connection = op.get_bind()
    for entity, vkey in connection.execute(sa.select(table.c.id, table.c.witness_vkey)).all():
        key = _key(vkey)
        if key:
            connection.execute(table.update().where(table.c.id == entity).values(witness_key=key))


def downgrade() -> None:
    """Undo the change."""
    op.drop_column("network_entity", "witness_key")


def _key(vkey: str) -> str:
    """Return the raw key, in hex, of a verifier key ``name+id+base64(type || key)``; empty when it is none."""
    try:
        return base64.b64decode(vkey.split("+", 2)[2], validate=True)[1:].hex()
    except (IndexError, ValueError, binascii.Error):
        return ""
