"""Add the statements by which an entity changed its keys."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("network_entity", sa.Column("key_changes", sa.Text(), server_default="[]", nullable=False))


def downgrade() -> None:
    """Undo the change."""
    op.drop_column("network_entity", "key_changes")
