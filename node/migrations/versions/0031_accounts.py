"""Add the accounts of the pages, their logins, the attempts to log in, and the journal."""

import sqlalchemy as sa
from alembic import op

from service.columns import UtcDateTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "web_accounts",
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("staff_code", sa.String(length=64), nullable=False),
        sa.Column("roles", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("password_temporary", sa.Boolean(), nullable=False),
        sa.Column("factor_sealed", sa.LargeBinary(length=200), nullable=True),
        sa.Column("factor_pending", sa.LargeBinary(length=200), nullable=True),
        sa.Column("factor_step", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("active_since", UtcDateTime(), nullable=False),
        sa.Column("last_access_at", UtcDateTime(), nullable=True),
        sa.Column("last_access_from", sa.String(length=64), nullable=False),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name="pk_web_accounts"),
        sa.UniqueConstraint("login", name="uq_web_accounts_login"),
    )
    op.create_table(
        "web_logins",
        sa.Column("token_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=False),
        sa.Column("before_at", UtcDateTime(), nullable=True),
        sa.Column("before_from", sa.String(length=64), nullable=False),
        sa.Column("failures_before", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_web_logins"),
    )
    op.create_index("ix_web_logins_account_id", "web_logins", ["account_id"])
    op.create_table(
        "web_attempts",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("attempted_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_web_attempts"),
    )
    op.create_index("ix_web_attempts_address", "web_attempts", ["address", "attempted_at"])
    op.create_table(
        "web_journal",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_web_journal"),
    )
    op.create_index("ix_web_journal_happened_at", "web_journal", ["happened_at"])


def downgrade() -> None:
    """Undo the change: all accounts are gone."""
    for table in ("web_journal", "web_attempts", "web_logins", "web_accounts"):
        op.drop_table(table)
