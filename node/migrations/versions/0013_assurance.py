"""Add the assurance of consents given elsewhere: policy, evidence that waits, arrivals by origin, holders' decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INDEX = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "consent_policies",
        sa.Column("policy", sa.String(length=40), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("entry_index", _INDEX, nullable=False),
        sa.PrimaryKeyConstraint("policy", name="pk_consent_policies"),
    )
    op.create_table(
        "exchange_copy_arrival",
        sa.Column("number", _INDEX, autoincrement=True, nullable=False),
        sa.Column("origin", sa.String(length=63), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_exchange_copy_arrival"),
    )
    op.create_index("ix_exchange_copy_arrival_origin", "exchange_copy_arrival", ["origin", "arrived_at"])
    op.create_index("ix_exchange_copy_arrival_subject", "exchange_copy_arrival", ["subject"])
    op.create_table(
        "exchange_holder_decision",
        sa.Column("consent_id", sa.String(length=100), nullable=False),
        sa.Column("holder", sa.String(length=63), nullable=False),
        sa.Column("entry_index", _INDEX, nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", "holder", name="pk_exchange_holder_decision"),
    )
    with op.batch_alter_table("exchange_consent_copy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("evidence", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Undo the change."""
    with op.batch_alter_table("exchange_consent_copy", schema=None) as batch_op:
        batch_op.drop_column("evidence")
    op.drop_table("exchange_holder_decision")
    op.drop_table("exchange_copy_arrival")
    op.drop_table("consent_policies")
