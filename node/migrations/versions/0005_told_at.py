"""when a consent's origin said so."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    # What was told before this was written down counts as told long ago: nothing is shared under it before the next pulse.
    with op.batch_alter_table("exchange_consent_copy", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "told_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("'2000-01-01 00:00:00'")
            )
        )


def downgrade() -> None:
    """Undo the change."""
    with op.batch_alter_table("exchange_consent_copy", schema=None) as batch_op:
        batch_op.drop_column("told_at")
