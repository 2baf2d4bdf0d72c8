"""Add the journal of imports and the state of records before them."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "record_imports",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("told", sa.LargeBinary(), nullable=False),
        sa.Column("added", sa.Integer(), nullable=False),
        sa.Column("replaced", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(length=100), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("import_id", name="pk_record_imports"),
    )
    op.create_index("ix_record_imports_state", "record_imports", ["state"])
    op.create_table(
        "record_import_people",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("added", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "person_id", name="pk_record_import_people"),
    )
    op.create_index("ix_record_import_people_person", "record_import_people", ["person_id"])
    op.create_table(
        "record_import_households",
        sa.Column("import_id", sa.String(length=32), nullable=False),
        sa.Column("household_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "household_id", name="pk_record_import_households"),
    )


def downgrade() -> None:
    """Undo the change; imports can be undone no more."""
    op.drop_table("record_import_households")
    op.drop_index("ix_record_import_people_person", "record_import_people")
    op.drop_table("record_import_people")
    op.drop_index("ix_record_imports_state", "record_imports")
    op.drop_table("record_imports")
