"""Keep reports that a consent ended with what was signed and its bearer, and bound those about unknown consents."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TABLE, _BEFORE = "exchange_ended_consent", "exchange_ended_consent_before"
_COLUMNS = "consent_id, stated_by, meaning, told_by, acted_at, acted_by, statement, unknown, told_at, expires_at"
_LONG_AGO = "2000-01-01 00:00:00.000000"


def upgrade() -> None:
    """Apply the change. Reports so far said an end without saying which, and are neither counted nor passed on."""
    _set_aside()
    op.create_table(
        _TABLE,
        sa.Column("consent_id", sa.String(length=100), nullable=False),
        sa.Column("stated_by", sa.String(length=63), nullable=False),
        sa.Column("meaning", sa.String(length=20), nullable=False),
        sa.Column("told_by", sa.String(length=63), nullable=False),
        sa.Column("acted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acted_by", sa.String(length=20), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=True),
        sa.Column("unknown", sa.Boolean(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consent_id", "stated_by", "meaning", name="pk_exchange_ended_consent"),
    )
    op.create_index("ix_exchange_ended_consent_stated_by", _TABLE, ["stated_by", "unknown", "told_at"])
    op.create_index("ix_exchange_ended_consent_expires_at", _TABLE, ["expires_at"])
    op.execute(
        f"INSERT INTO {_TABLE} ({_COLUMNS}) "  # noqa: S608 - all of it is above
        f"SELECT consent_id, sender, 'ended', sender, '{_LONG_AGO}', 'person', NULL, false, '{_LONG_AGO}', "
        f"expires_at FROM {_BEFORE}"
    )
    op.drop_table(_BEFORE)


def downgrade() -> None:
    """Undo the change; the meaning of reports is lost."""
    _set_aside()
    op.create_table(
        _TABLE,
        sa.Column("sender", sa.String(length=63), nullable=False),
        sa.Column("consent_id", sa.String(length=100), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sender", "consent_id", name="pk_exchange_ended_consent"),
    )
    op.execute(
        f"INSERT INTO {_TABLE} (sender, consent_id, expires_at) "  # noqa: S608 - all of it is above
        f"SELECT stated_by, consent_id, max(expires_at) FROM {_BEFORE} GROUP BY stated_by, consent_id"
    )
    op.drop_table(_BEFORE)


def _set_aside() -> None:
    op.execute(f"CREATE TABLE {_BEFORE} AS SELECT * FROM {_TABLE}")  # noqa: S608 - names of ours
    op.drop_table(_TABLE)
