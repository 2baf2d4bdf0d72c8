"""Add the key and the revocation of certificates, and the time of an entity's last signed statement."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.add_column("network_certificate", sa.Column("tls_key", sa.String(length=64), server_default="", nullable=False))
    op.add_column("network_certificate", sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("network_entity", sa.Column("stated_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Undo the change."""
    op.drop_column("network_entity", "stated_at")
    op.drop_column("network_certificate", "revoked_at")
    op.drop_column("network_certificate", "tls_key")
