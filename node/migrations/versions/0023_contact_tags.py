"""Add tags to the last contacts with other entities; each is made again by the next message of its entity.

Until then a consent given there is acted on by its own date alone. Cases and wrong codes, which have no column of their
own for it, get their seals from `node.operations.sealing`, which has the keys.
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.execute("DELETE FROM exchange_peer_contact")
    with op.batch_alter_table("exchange_peer_contact") as table:
        table.add_column(sa.Column("tag", sa.LargeBinary(length=16), nullable=False))


def downgrade() -> None:
    """Undo the change; contacts stay as they are."""
    with op.batch_alter_table("exchange_peer_contact") as table:
        table.drop_column("tag")
