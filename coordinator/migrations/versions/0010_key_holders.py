"""Add entities that hold a key of pseudonyms beside the coordinator."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "locator_key_holder",
        sa.Column("holder", sa.String(length=63), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder", name="pk_locator_key_holder"),
    )
    op.create_table(
        "locator_offered_key",
        sa.Column("holder", sa.String(length=63), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("holder", name="pk_locator_offered_key"),
    )
    op.create_table(
        "locator_epoch_holder",
        sa.Column("epoch", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=63), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("epoch", "holder", name="pk_locator_epoch_holder"),
    )


def downgrade() -> None:
    """Undo the change. Epochs with several key holders lose all but the coordinator's key, and nodes refuse them."""
    op.drop_table("locator_epoch_holder")
    op.drop_table("locator_offered_key")
    op.drop_table("locator_key_holder")
