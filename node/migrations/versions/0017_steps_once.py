"""Add answered steps on one chain and the campaigns that a refusal closed; erase what counted people by tags.

Campaigns under way cannot go on: the code that their manifests name is another one.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "federated_steps",
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("shared_sha256", sa.String(length=64), nullable=False),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["federated_reservations.campaign_id"], name="fk_federated_steps_campaign_id"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "sequence"),
        sa.UniqueConstraint("campaign_id", "step", name="uq_federated_steps_step"),
    )
    op.create_table(
        "federated_closures",
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["federated_reservations.campaign_id"], name="fk_federated_closures_campaign_id"
        ),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.execute("DELETE FROM federated_enrolment_secrets WHERE secret IN ('tag_sheet', 'weights')")


def downgrade() -> None:
    """Undo the change; what was erased stays erased."""
    op.drop_table("federated_closures")
    op.drop_table("federated_steps")
