"""Add the recoveries of entities that lost their keys."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("network_entity", sa.Column("recoveries", sa.Text(), server_default="[]", nullable=False))
    op.add_column("network_entity", sa.Column("recovery", sa.Text(), server_default="", nullable=False))
    op.add_column("network_invitation", sa.Column("recovers", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Undo the change."""
    op.drop_column("network_invitation", "recovers")
    op.drop_column("network_entity", "recovery")
    op.drop_column("network_entity", "recoveries")
