"""Add the table of support measures."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "person_support",
        sa.Column("support_id", sa.String(length=16), nullable=False),
        sa.Column("person_ref", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("support_id", name="pk_person_support"),
    )
    op.create_index("ix_person_support_person_ref", "person_support", ["person_ref"])


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("person_support")
