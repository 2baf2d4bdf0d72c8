"""Keep the commitments to the keys of a campaign's cohort, and what its entities signed about it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TABLE, _COLUMNS = "federated_enrolments", ("commitments", "agreement", "agreements")


def upgrade() -> None:
    """Apply the change. Campaigns under way have no agreement and do not go on, as the training code is another."""
    for name in _COLUMNS:
        op.add_column(_TABLE, sa.Column(name, sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Undo the change; what was agreed is lost."""
    for name in _COLUMNS:  # not in a batch: other rows refer to the table, which a batch replaces
        op.drop_column(_TABLE, name)
