"""Add the outbox and the inbox of messages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "exchange_inbox",
        sa.Column("sender", sa.String(length=63), nullable=False),
        sa.Column("message_id", sa.String(length=32), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender", "message_id", name="pk_exchange_inbox"),
    )
    with op.batch_alter_table("exchange_inbox", schema=None) as batch_op:
        batch_op.create_index("ix_exchange_inbox_forget_at", ["forget_at"], unique=False)
    op.create_table(
        "exchange_outbox",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=63), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=True),
        sa.Column("fault", sa.String(length=100), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reply", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_exchange_outbox"),
    )
    with op.batch_alter_table("exchange_outbox", schema=None) as batch_op:
        batch_op.create_index("ix_exchange_outbox_due", ["state", "next_at"], unique=False)
        batch_op.create_index("ix_exchange_outbox_person_ref", ["person_ref"], unique=False)
        batch_op.create_index("ix_exchange_outbox_reference", ["reference"], unique=False)
    op.create_table(
        "exchange_peer_contact",
        sa.Column("entity", sa.String(length=63), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complete_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("entity", name="pk_exchange_peer_contact"),
    )


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("exchange_peer_contact")
    op.drop_table("exchange_outbox")
    op.drop_table("exchange_inbox")
