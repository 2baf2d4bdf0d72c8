"""Add versions of values, seals of rows and the bond with the ledger, and hide pairwise pseudonyms.

The index of pseudonyms is made again at its next use. Rows that are here already get their seals from
`node.operations.sealing`, which has the keys.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "row_seals",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("digests", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", "scope", name="pk_row_seals"),
    )
    op.create_table(
        "seal_pages",
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("page", name="pk_seal_pages"),
    )
    op.create_table(
        "seal_root",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("pages", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_seal_root"),
    )
    with op.batch_alter_table("recorded_values") as table:
        table.add_column(sa.Column("version", sa.BigInteger(), server_default="0", nullable=False))
    with op.batch_alter_table("ledger_head") as table:
        table.add_column(sa.Column("binding", sa.LargeBinary(length=32), nullable=True))
    _make_index_again(tagged=True)


def downgrade() -> None:
    """Undo the change; pseudonyms that are hidden stay so, and match nothing any more."""
    _make_index_again(tagged=False)
    with op.batch_alter_table("ledger_head") as table:
        table.drop_column("binding")
    with op.batch_alter_table("recorded_values") as table:
        table.drop_column("version")
    for name in ("seal_root", "seal_pages", "row_seals"):
        op.drop_table(name)


def _make_index_again(*, tagged: bool) -> None:
    op.execute("DELETE FROM exchange_linked_person")
    op.execute("DELETE FROM exchange_linkage_state")
    with op.batch_alter_table("exchange_linked_person") as table:
        if tagged:
            table.add_column(sa.Column("tag", sa.LargeBinary(length=16), nullable=False))
        else:
            table.drop_column("tag")
