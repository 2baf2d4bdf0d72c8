"""Keep who has died, which records are of one person, and the documents that people had before."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "person_standing",
        sa.Column("person_ref", sa.String(length=32), nullable=False),
        sa.Column("died_on", sa.LargeBinary(), nullable=True),
        sa.Column("merged_into", sa.String(length=32), nullable=True),
        sa.Column("unassigned", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("person_ref"),
    )
    op.create_index("ix_person_standing_merged_into", "person_standing", ["merged_into"])
    op.create_table(
        "former_documents",
        sa.Column("person_ref", sa.String(length=32), nullable=False),
        sa.Column("document_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tag", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("document_index"),
    )
    op.create_index("ix_former_documents_person_ref", "former_documents", ["person_ref"])


def downgrade() -> None:
    """Undo the change. People who died, and merged records, are told apart by nothing any more."""
    op.drop_table("former_documents")
    op.drop_table("person_standing")
