"""Keep the commitments to a cohort's keys and what its entities signed about it, and the trials of models."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TABLE, _COLUMNS = "federated_enrolments", ("commitments", "agreement", "agreements")


def upgrade() -> None:
    """Apply the change. Campaigns under way have no agreement and do not go on, as the training code is another."""
    for name in _COLUMNS:
        op.add_column(_TABLE, sa.Column(name, sa.LargeBinary(), nullable=True))
    op.create_table(
        "training_model_trials",
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("comparison", sa.Text(), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ledger_index", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id"),
    )


def downgrade() -> None:
    """Undo the change; what was agreed, and the trials of models, are lost."""
    op.drop_table("training_model_trials")
    for name in _COLUMNS:  # not in a batch: other rows refer to the table, which a batch replaces
        op.drop_column(_TABLE, name)
