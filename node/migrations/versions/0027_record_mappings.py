"""Add the mappings of an office's own columns and codes."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "record_mappings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_record_mappings"),
    )


def downgrade() -> None:
    """Undo the change; offices name their columns again."""
    op.drop_table("record_mappings")
