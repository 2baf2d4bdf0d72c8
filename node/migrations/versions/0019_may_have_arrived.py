"""Keep of each notification whether its recipient may have it, though it did not answer."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TABLE, _COLUMN = "exchange_outbox", "may_have_arrived"


def upgrade() -> None:
    """Apply the change. What was signed and tried before it may have arrived: nobody wrote down otherwise."""
    with op.batch_alter_table(_TABLE) as table:
        table.add_column(sa.Column(_COLUMN, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        f"UPDATE {_TABLE} SET {_COLUMN} = true WHERE envelope IS NOT NULL AND attempts > 0 "  # noqa: S608 - names of ours
        "AND state = 'waiting'"
    )
    with op.batch_alter_table(_TABLE) as table:
        table.alter_column(_COLUMN, server_default=None)


def downgrade() -> None:
    """Undo the change."""
    with op.batch_alter_table(_TABLE) as table:
        table.drop_column(_COLUMN)
