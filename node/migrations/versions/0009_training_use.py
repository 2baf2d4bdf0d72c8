"""Add the tables of the use of a trained model."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "training_withdrawals",
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("decision", sa.LargeBinary(), nullable=False),
        sa.Column("ledger_index", sa.Integer(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_code", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.create_table(
        "training_policies",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "risk_looks",
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("band", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("person_ref", name="pk_risk_looks"),
    )
    op.create_table(
        "risk_last_look",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_risk_last_look_single"),
        sa.PrimaryKeyConstraint("id", name="pk_risk_last_look"),
    )
    op.create_table(
        "risk_decisions",
        sa.Column("number", number, autoincrement=True, nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("decided_by", sa.String(length=100), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("decision IN ('confirm', 'lower', 'raise')", name="ck_risk_decisions_decision"),
        sa.PrimaryKeyConstraint("number", name="pk_risk_decisions"),
    )
    with op.batch_alter_table("risk_decisions", schema=None) as batch_op:
        batch_op.create_index("ix_risk_decisions_campaign_id", ["campaign_id"], unique=False)
        batch_op.create_index("ix_risk_decisions_person_ref", ["person_ref"], unique=False)

    op.create_table(
        "risk_switches",
        sa.Column("number", number, autoincrement=True, nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("changed_by", sa.String(length=100), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ledger_index", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_risk_switches"),
    )


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("risk_switches")
    with op.batch_alter_table("risk_decisions", schema=None) as batch_op:
        batch_op.drop_index("ix_risk_decisions_person_ref")
        batch_op.drop_index("ix_risk_decisions_campaign_id")

    op.drop_table("risk_decisions")
    op.drop_table("risk_last_look")
    op.drop_table("risk_looks")
    op.drop_table("training_policies")
    op.drop_table("training_withdrawals")
