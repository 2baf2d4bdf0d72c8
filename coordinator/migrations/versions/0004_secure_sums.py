"""Change the tables of campaigns for secure sums.

Campaigns of version 1 cannot go on with the code of version 2, nor can their models be used: they are taken out.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_EMPTYING = ("DELETE FROM federated_grid_tasks", "DELETE FROM training_decisions", "DELETE FROM training_campaigns")


def upgrade() -> None:
    """Apply the change."""
    for statement in _EMPTYING:
        op.execute(statement)
    with op.batch_alter_table("federated_grid_tasks", schema=None) as batch_op:
        batch_op.drop_column("round")
        batch_op.add_column(sa.Column("step", sa.String(length=32), nullable=False))
    with op.batch_alter_table("training_campaigns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("saved_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("training_decisions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawal", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "training_rounds",
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["training_campaigns.campaign_id"], name="fk_training_rounds_campaign_id"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "round"),
    )


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("training_rounds")
    for statement in _EMPTYING:
        op.execute(statement)
    with op.batch_alter_table("training_decisions", schema=None) as batch_op:
        batch_op.drop_column("withdrawn_at")
        batch_op.drop_column("withdrawal")
    with op.batch_alter_table("training_campaigns", schema=None) as batch_op:
        batch_op.drop_column("saved_at")
    with op.batch_alter_table("federated_grid_tasks", schema=None) as batch_op:
        batch_op.drop_column("step")
        batch_op.add_column(sa.Column("round", sa.Integer(), nullable=False))
