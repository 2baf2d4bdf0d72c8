"""Add the key of pseudonyms that this entity may hold, its signed query log, and the key holders it counts on."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "locator_key_holders",
        sa.Column("entity", sa.String(length=63), nullable=False),
        sa.Column("since_epoch", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("sequence_epoch", sa.Integer(), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("entity", name="pk_locator_key_holders"),
    )
    op.create_table(
        "pseudonym_keys",
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name="pk_pseudonym_keys"),
    )
    op.create_table(
        "locator_query",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entity", sa.String(length=63), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("found", sa.Boolean(), nullable=True),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_locator_query"),
        sa.UniqueConstraint("request_sha256", name="uq_locator_query_request"),
    )
    op.create_index("ix_locator_query_entity", "locator_query", ["entity", "kind", "time"])
    op.create_index("ix_locator_query_time", "locator_query", ["time"])


def downgrade() -> None:
    """Undo the change. A key that is held here serves no more, and its holder is missing to every node."""
    op.drop_table("locator_query")
    op.drop_table("pseudonym_keys")
    op.drop_table("locator_key_holders")
