"""Add the tables of cards with single-use codes."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "person_cards",
        sa.Column("serial", sa.String(length=16), nullable=False),
        sa.Column("person_ref", sa.String(length=32), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("serial", name="pk_person_cards"),
    )
    op.create_index("ix_person_cards_person_ref", "person_cards", ["person_ref"])
    op.create_table(
        "person_card_codes",
        sa.Column("serial", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("person_ref", sa.String(length=32), nullable=False),
        sa.Column("sensitivity", sa.String(length=2), nullable=False),
        sa.Column("purposes", sa.String(length=400), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(length=128), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.String(length=63), nullable=True),
        sa.Column("consent_id", sa.String(length=100), nullable=True),
        sa.Column("terms_sha256", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("serial", "number", name="pk_person_card_codes"),
    )
    op.create_index("ix_person_card_codes_person_ref", "person_card_codes", ["person_ref"])
    op.create_table(
        "person_card_tries",
        sa.Column("origin", sa.String(length=63), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=16), nullable=True),
        sa.Column("person_ref", sa.String(length=32), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("origin", "evidence_sha256", name="pk_person_card_tries"),
    )
    op.create_index("ix_person_card_tries_origin", "person_card_tries", ["origin", "tried_at"])
    op.create_index("ix_person_card_tries_person_ref", "person_card_tries", ["person_ref"])


def downgrade() -> None:
    """Undo the change."""
    for table in ("person_card_tries", "person_card_codes", "person_cards"):
        op.drop_table(table)
