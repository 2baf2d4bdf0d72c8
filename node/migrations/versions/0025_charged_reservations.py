"""Keep which reservations are charged whole, because the database turned out to be an old copy."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_TABLE, _COLUMN = "federated_reservations", "charged"


def upgrade() -> None:
    """Apply the change. Nothing is charged so far."""
    op.add_column(_TABLE, sa.Column(_COLUMN, sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    """Undo the change; what was charged beyond the known spends is free again."""
    op.execute(f"ALTER TABLE {_TABLE} DROP COLUMN {_COLUMN}")
