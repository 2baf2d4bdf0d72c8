"""Keep the commitments to the keys of a campaign's cohort, and what its entities signed about it."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0016"
branch_labels = None
depends_on = None

_TABLE, _COLUMNS = "federated_enrolments", ("commitments", "agreement", "agreements")


def upgrade() -> None:
    """Apply the change. Campaigns under way have no agreement and do not go on, as the training code is another."""
    with op.batch_alter_table(_TABLE) as batch:
        for name in _COLUMNS:
            batch.add_column(sa.Column(name, sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Undo the change; what was agreed is lost."""
    with op.batch_alter_table(_TABLE) as batch:
        for name in _COLUMNS:
            batch.drop_column(name)
