"""Add the recalled releases."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    with op.batch_alter_table("training_releases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo the change."""
    with op.batch_alter_table("training_releases", schema=None) as batch_op:
        batch_op.drop_column("recalled_at")
