"""Add the review of models before their release, and their recall after it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


# Column by column, and not in a batch: on SQLite that may copy the table, which rounds and decisions refer to.


def upgrade() -> None:
    """Apply the change."""
    op.add_column("training_campaigns", sa.Column("review", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("training_campaigns", sa.Column("edits", sa.LargeBinary(), nullable=True))
    op.add_column("training_campaigns", sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo the change."""
    for column in ("recalled_at", "edits", "review"):
        op.drop_column("training_campaigns", column)
