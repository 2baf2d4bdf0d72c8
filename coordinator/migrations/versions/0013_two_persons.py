"""Add the acts that two persons of the Gerencia approve, and who may."""

import sqlalchemy as sa
from alembic import op

from service.columns import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "network_persons",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("approved", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_network_persons"),
    )
    op.create_table(
        "network_act",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("approved", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_network_act"),
    )
    op.add_column("network_entity", sa.Column("admission", sa.Text(), server_default="", nullable=False))
    op.add_column("network_entity", sa.Column("reinstatement", sa.Text(), server_default="", nullable=False))
    op.add_column("network_invitation", sa.Column("act", sa.String(64), server_default="", nullable=False))


def downgrade() -> None:
    """Undo the change."""
    op.drop_column("network_invitation", "act")
    op.drop_column("network_entity", "reinstatement")
    op.drop_column("network_entity", "admission")
    op.drop_table("network_act")
    op.drop_table("network_persons")
