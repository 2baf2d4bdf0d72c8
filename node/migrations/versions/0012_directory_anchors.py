"""Add the pinned anchors, the directories taken, and the alarms about them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "directory_anchors",
        sa.Column("entity", sa.String(length=63), nullable=False),
        sa.Column("vkey", sa.String(length=400), nullable=False),
        sa.Column("quorum", sa.Integer(), nullable=False),
        sa.Column("pinned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("entity", name="pk_directory_anchors"),
    )
    op.create_table(
        "taken_directories",
        sa.Column("serial", NUMBER, autoincrement=False, nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("checkpoint", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("inclusion", sa.LargeBinary(), nullable=False),
        sa.Column("since", NUMBER, nullable=False),
        sa.Column("consistency", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_taken_directories"),
    )
    op.create_table(
        "directory_alarms",
        sa.Column("file", sa.String(length=200), nullable=False),
        sa.Column("ledger_index", NUMBER, nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("file", name="pk_directory_alarms"),
    )


def downgrade() -> None:
    """Undo the change."""
    for table in ("directory_alarms", "taken_directories", "directory_anchors"):
        op.drop_table(table)
