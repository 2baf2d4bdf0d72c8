"""Add the tables of referrals."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "imported_summaries",
        sa.Column("referral_id", sa.String(length=32), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=63), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name="pk_imported_summaries"),
    )
    with op.batch_alter_table("imported_summaries", schema=None) as batch_op:
        batch_op.create_index("ix_imported_summaries_person_ref", ["person_ref"], unique=False)

    op.create_table(
        "referral_capacity",
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("wait_days", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("service", name="pk_referral_capacity"),
    )
    op.create_table(
        "referral_steps",
        sa.Column("referral_id", sa.String(length=32), nullable=False),
        sa.Column("taken_by", sa.String(length=10), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_sha256", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("referral_id", "taken_by", "number", name="pk_referral_steps"),
    )
    op.create_table(
        "referrals",
        sa.Column("referral_id", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("peer", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("service", sa.String(length=64), nullable=False),
        sa.Column("need", sa.String(length=64), nullable=True),
        sa.Column("urgency", sa.String(length=64), nullable=False),
        sa.Column("consent_id", sa.String(length=100), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=True),
        sa.Column("subject", sa.String(length=64), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("own_steps", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("referral_id", name="pk_referrals"),
    )
    with op.batch_alter_table("referrals", schema=None) as batch_op:
        batch_op.create_index("ix_referrals_consent_id", ["consent_id"], unique=False)
        batch_op.create_index("ix_referrals_person_ref", ["person_ref"], unique=False)
        batch_op.create_index("ix_referrals_state", ["state", "answer_by"], unique=False)

    op.create_table(
        "attention_items",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("peer", sa.String(length=63), nullable=False),
        sa.Column("detail", sa.String(length=100), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_attention_items"),
    )
    with op.batch_alter_table("attention_items", schema=None) as batch_op:
        batch_op.create_index("ix_attention_items_done_at", ["done_at"], unique=False)
        batch_op.create_index("ix_attention_items_reference", ["reference"], unique=False)


def downgrade() -> None:
    """Undo the change."""
    with op.batch_alter_table("attention_items", schema=None) as batch_op:
        batch_op.drop_index("ix_attention_items_reference")
        batch_op.drop_index("ix_attention_items_done_at")

    op.drop_table("attention_items")
    with op.batch_alter_table("referrals", schema=None) as batch_op:
        batch_op.drop_index("ix_referrals_state")
        batch_op.drop_index("ix_referrals_person_ref")
        batch_op.drop_index("ix_referrals_consent_id")

    op.drop_table("referrals")
    op.drop_table("referral_steps")
    op.drop_table("referral_capacity")
    with op.batch_alter_table("imported_summaries", schema=None) as batch_op:
        batch_op.drop_index("ix_imported_summaries_person_ref")

    op.drop_table("imported_summaries")
