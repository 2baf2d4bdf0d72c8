"""Keep the doubts whether another entity speaks of the same person, and the decisions on them."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "identity_doubts",
        sa.Column("person_ref", sa.String(length=32), nullable=False),
        sa.Column("peer", sa.String(length=63), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("theirs", sa.String(length=140), nullable=False),
        sa.Column("ours", sa.String(length=140), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=True),
        sa.Column("tag", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("person_ref", "peer", name="pk_identity_doubts"),
    )


def downgrade() -> None:
    """Undo the change. Doubts are opened again when the other entity asks."""
    op.drop_table("identity_doubts")
