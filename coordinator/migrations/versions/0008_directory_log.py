"""Add the log of directories, and the count of changes that entities make."""

import base64
import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change. The directories signed before become the first entries, and get no checkpoint of their own."""
    op.add_column("network_head", sa.Column("frontier", sa.LargeBinary(), server_default="", nullable=False))
    op.add_column("network_head", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("network_directory", sa.Column("payload_sha256", sa.LargeBinary(), server_default="", nullable=False))
    op.add_column("network_directory", sa.Column("checkpoint", sa.LargeBinary(), server_default="", nullable=False))
    op.create_table(
        "network_change",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("entity", sa.String(length=63), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_network_change"),
    )
    op.create_index("ix_network_change_entity", "network_change", ["entity", "changed_at"], unique=False)
    _hash_directories()


def _hash_directories() -> None:
    table = sa.table(
        "network_directory",
        sa.column("serial", sa.BigInteger()),
        sa.column("envelope", sa.LargeBinary()),
        sa.column("payload_sha256", sa.LargeBinary()),
    )
    connection = op.get_bind()
    serials = connection.scalars(sa.select(table.c.serial)).all()
    for serial in serials:
        envelope = connection.scalar(sa.select(table.c.envelope).where(table.c.serial == serial))
        digest = hashlib.sha256(_signed_bytes(envelope or b"")).digest()
        connection.execute(sa.update(table).where(table.c.serial == serial).values(payload_sha256=digest))


def _signed_bytes(envelope: bytes) -> bytes:
    try:
        return base64.b64decode(json.loads(envelope)["payload"])
    except (ValueError, KeyError, TypeError):
        return envelope  # damaged: its entry is of what is there


def downgrade() -> None:
    """Undo the change."""
    op.drop_index("ix_network_change_entity", table_name="network_change")
    op.drop_table("network_change")
    for column in ("checkpoint", "payload_sha256"):
        op.drop_column("network_directory", column)
    for column in ("changed_at", "frontier"):
        op.drop_column("network_head", column)
