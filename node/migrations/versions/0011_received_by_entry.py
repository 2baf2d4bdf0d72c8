"""Key cached answers by the ledger entry of their receipt: each fetch changes half as many pages."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_KEPT = "holder, purpose, person_ref, content, received_at, forget_at"
_INDEX = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply the change. What was received before has no index on record: it gets numbers below those of entries."""
    _set_aside("exchange_received", "exchange_received_under", "exchange_seen_request")
    _create_received(sa.Column("entry_index", _INDEX, autoincrement=False, nullable=False))
    op.create_table(
        "exchange_received_under",
        sa.Column("consent_id", sa.String(length=100), nullable=False),
        sa.Column("entry_index", _INDEX, autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=63), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", "entry_index", name="pk_exchange_received_under"),
        sqlite_with_rowid=False,
    )
    _create_seen(sqlite_with_rowid=False)
    op.execute(
        f"INSERT INTO exchange_received (entry_index, request_id, {_KEPT}) "  # noqa: S608 - all of it is above
        f"SELECT -row_number() OVER (ORDER BY received_at DESC), request_id, {_KEPT} FROM exchange_received_before"
    )
    op.execute(
        "INSERT INTO exchange_received_under (consent_id, entry_index, holder) "
        "SELECT u.consent_id, r.entry_index, u.holder FROM exchange_received_under_before u "
        "JOIN exchange_received r ON r.request_id = u.request_id"
    )
    _put_back_seen()


def downgrade() -> None:
    """Undo the change."""
    _set_aside("exchange_received", "exchange_received_under", "exchange_seen_request")
    _create_received()
    op.create_table(
        "exchange_received_under",
        sa.Column("consent_id", sa.String(length=100), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=63), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", "request_id", name="pk_exchange_received_under"),
    )
    op.create_index("ix_exchange_received_under_request_id", "exchange_received_under", ["request_id"])
    _create_seen()
    op.execute(
        f"INSERT INTO exchange_received (request_id, {_KEPT}) "  # noqa: S608 - all of it is above
        f"SELECT request_id, {_KEPT} FROM exchange_received_before"
    )
    op.execute(
        "INSERT INTO exchange_received_under (consent_id, request_id, holder) "
        "SELECT u.consent_id, r.request_id, u.holder FROM exchange_received_under_before u "
        "JOIN exchange_received_before r ON r.entry_index = u.entry_index"
    )
    _put_back_seen()


def _set_aside(*tables: str) -> None:
    for table in tables:
        op.execute(f"CREATE TABLE {table}_before AS SELECT * FROM {table}")  # noqa: S608 - names of ours
        op.drop_table(table)


def _create_received(*key: sa.Column[int]) -> None:
    op.create_table(
        "exchange_received",
        *key,
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("holder", sa.String(length=63), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("person_ref", sa.String(length=64), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("entry_index" if key else "request_id", name="pk_exchange_received"),
    )
    op.create_index("ix_exchange_received_forget_at", "exchange_received", ["forget_at"])
    op.create_index("ix_exchange_received_person_ref", "exchange_received", ["person_ref"])


def _create_seen(**kept: bool) -> None:
    op.create_table(
        "exchange_seen_request",
        sa.Column("asker", sa.String(length=63), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("forget_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("asker", "nonce", name="pk_exchange_seen_request"),
        **kept,
    )
    op.create_index("ix_exchange_seen_request_forget_at", "exchange_seen_request", ["forget_at"])


def _put_back_seen() -> None:
    op.execute(
        "INSERT INTO exchange_seen_request (asker, nonce, forget_at) "
        "SELECT asker, nonce, forget_at FROM exchange_seen_request_before"
    )
    for table in ("exchange_received", "exchange_received_under", "exchange_seen_request"):
        op.drop_table(f"{table}_before")
