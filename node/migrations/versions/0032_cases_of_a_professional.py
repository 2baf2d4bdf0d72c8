"""Add the index by which the cases of a professional are found."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_index("ix_case_team_professional", "case_team", ["professional"])


def downgrade() -> None:
    """Undo the change."""
    op.drop_index("ix_case_team_professional", "case_team")
