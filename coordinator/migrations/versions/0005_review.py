"""review of models before their release, and their recall after it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    with op.batch_alter_table("training_campaigns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("review", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("edits", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("recalled_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo the change."""
    with op.batch_alter_table("training_campaigns", schema=None) as batch_op:
        batch_op.drop_column("recalled_at")
        batch_op.drop_column("edits")
        batch_op.drop_column("review")
