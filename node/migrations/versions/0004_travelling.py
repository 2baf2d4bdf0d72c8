"""Add the tables of propagated consents."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "exchange_consent_copy",
        sa.Column("sender", sa.String(length=63), nullable=False),
        sa.Column("consent_id", sa.String(length=100), nullable=False),
        sa.Column("entry_index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("proof", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender", "consent_id", name="pk_exchange_consent_copy"),
    )
    with op.batch_alter_table("exchange_consent_copy", schema=None) as batch_op:
        batch_op.create_index("ix_exchange_consent_copy_waiting", ["waiting"], unique=False)
    op.create_table(
        "exchange_ended_consent",
        sa.Column("sender", sa.String(length=63), nullable=False),
        sa.Column("consent_id", sa.String(length=100), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender", "consent_id", name="pk_exchange_ended_consent"),
    )
    op.create_table(
        "exchange_release_made",
        sa.Column("consent_id", sa.String(length=100), nullable=False),
        sa.Column("recipient", sa.String(length=63), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", "recipient", name="pk_exchange_release_made"),
    )
    op.create_table(
        "exchange_received",
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=63), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_exchange_received"),
    )
    with op.batch_alter_table("exchange_received", schema=None) as batch_op:
        batch_op.create_index("ix_exchange_received_forget_at", ["forget_at"], unique=False)
        batch_op.create_index("ix_exchange_received_person_ref", ["person_ref"], unique=False)
    op.create_table(
        "exchange_received_under",
        sa.Column("consent_id", sa.String(length=100), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=63), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", "request_id", name="pk_exchange_received_under"),
    )
    with op.batch_alter_table("exchange_received_under", schema=None) as batch_op:
        batch_op.create_index("ix_exchange_received_under_request_id", ["request_id"], unique=False)


def downgrade() -> None:
    """Undo the change."""
    for table in ("received_under", "received", "release_made", "ended_consent", "consent_copy"):
        op.drop_table(f"exchange_{table}")
