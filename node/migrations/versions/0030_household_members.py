"""Add the table of the places of people in households."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "household_members",
        sa.Column("membership_id", sa.String(length=16), nullable=False),
        sa.Column("household_id", sa.String(length=32), nullable=False),
        sa.Column("person_ref", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("shared_custody", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("membership_id", name="pk_household_members"),
    )
    op.create_index("ix_household_members_household_id", "household_members", ["household_id"])
    op.create_index("ix_household_members_person_ref", "household_members", ["person_ref"])


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("household_members")
