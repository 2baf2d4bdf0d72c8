"""Change the tables of training for secure sums.

Campaigns of version 1 cannot go on with the code of version 2: their decisions and models are taken out (the ledger
keeps its entries), their reservations are closed, and what they spent stays spent.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_SPENDS = sa.table(
    "federated_spends",
    *(sa.column(name) for name in ("campaign_id", "round", "request_sha256", "reply")),
    sa.column("spent_at", sa.DateTime(timezone=True)),
    *(sa.column(name) for name in ("dataset", "sequence", "reply_sha256", "previous_sha256", "sha256")),
)


def upgrade() -> None:
    """Apply the change."""
    op.execute("DELETE FROM federated_campaigns")
    op.execute("DELETE FROM training_releases")
    op.execute("DELETE FROM training_deliveries")
    spent = _spends_taken_out()
    _reservations()
    _spends()
    _chain_spends(spent)
    op.create_table(
        "federated_unmaskings",
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("reply", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id", "round"],
            ["federated_spends.campaign_id", "federated_spends.round"],
            name="fk_federated_unmaskings_round",
        ),
        sa.PrimaryKeyConstraint("campaign_id", "round"),
    )
    op.create_table(
        "federated_enrolments",
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("statement", sa.LargeBinary(), nullable=False),
        sa.Column("cohort", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["federated_reservations.campaign_id"], name="fk_federated_enrolments_campaign_id"
        ),
        sa.PrimaryKeyConstraint("campaign_id"),
    )
    op.create_table(
        "federated_enrolment_secrets",
        sa.Column("campaign_id", sa.String(length=32), nullable=False),
        sa.Column("secret", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["federated_enrolments.campaign_id"], name="fk_federated_enrolment_secrets_campaign_id"
        ),
        sa.PrimaryKeyConstraint("campaign_id", "secret"),
    )


def _reservations() -> None:
    with op.batch_alter_table("federated_reservations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("stages", sa.Text(), nullable=True))
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT campaign_id, noise_multiplier, rounds FROM federated_reservations"))
    for campaign_id, noise_multiplier, rounds in rows.fetchall():
        stages = json.dumps([{"kind": "train", "rounds": rounds, "noise_multiplier": noise_multiplier}])
        connection.execute(
            sa.text("UPDATE federated_reservations SET stages = :stages WHERE campaign_id = :campaign"),
            {"stages": stages, "campaign": campaign_id},
        )
    connection.execute(
        sa.text("UPDATE federated_reservations SET closed_at = reserved_at WHERE closed_at IS NULL"),
    )
    with op.batch_alter_table("federated_reservations", schema=None) as batch_op:
        batch_op.alter_column("stages", existing_type=sa.Text(), nullable=False)
        batch_op.drop_constraint("ck_federated_reservations_noise", type_="check")
        batch_op.drop_column("noise_multiplier")
        batch_op.drop_column("rounds")


def _spends_taken_out() -> list[dict[str, Any]]:
    # SQLite alters a table by making it anew, and lets none go that others refer to.
    connection = op.get_bind()
    reservations = sa.table("federated_reservations", sa.column("campaign_id"), sa.column("dataset"))
    query = (
        sa.select(*(_SPENDS.c[name] for name in ("campaign_id", "round", "request_sha256", "reply", "spent_at")))
        .add_columns(reservations.c.dataset)
        .join_from(_SPENDS, reservations, _SPENDS.c.campaign_id == reservations.c.campaign_id)
        .order_by(_SPENDS.c.spent_at, _SPENDS.c.campaign_id, _SPENDS.c.round)
    )
    rows = [dict(row) for row in connection.execute(query).mappings()]
    connection.execute(sa.delete(_SPENDS))
    return rows


def _spends() -> None:
    with op.batch_alter_table("federated_spends", schema=None) as batch_op:
        batch_op.add_column(sa.Column("dataset", sa.String(length=100), nullable=False))
        batch_op.add_column(sa.Column("sequence", sa.Integer(), nullable=False))
        batch_op.add_column(sa.Column("reply_sha256", sa.String(length=64), nullable=False))
        batch_op.add_column(sa.Column("previous_sha256", sa.String(length=64), nullable=False))
        batch_op.add_column(sa.Column("sha256", sa.String(length=64), nullable=False))
        batch_op.create_unique_constraint("uq_federated_spends_sequence", ["dataset", "sequence"])


def _chain_spends(spent: list[dict[str, Any]]) -> None:
    connection = op.get_bind()
    heads: dict[str, tuple[int, str]] = {}
    for row in spent:
        sequence, previous = heads.get(row["dataset"], (0, ""))
        link = {
            "sequence": sequence + 1,
            "previous": previous,
            "campaign": row["campaign_id"],
            "round": row["round"],
            "request": row["request_sha256"],
            "reply": hashlib.sha256(row["reply"]).hexdigest(),
            "spent_at": _utc(row["spent_at"]).isoformat(),
        }
        digest = hashlib.sha256(json.dumps(link, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        heads[row["dataset"]] = (sequence + 1, digest)
        chained = {
            "sequence": sequence + 1,
            "reply_sha256": link["reply"],
            "previous_sha256": previous,
            "sha256": digest,
        }
        connection.execute(sa.insert(_SPENDS).values(**row, **chained))


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def downgrade() -> None:
    """Undo the change; spends of several stages have no older form, so all of them are taken out."""
    op.drop_table("federated_enrolment_secrets")
    op.drop_table("federated_enrolments")
    op.drop_table("federated_unmaskings")
    op.execute("DELETE FROM federated_spends")
    op.execute("DELETE FROM federated_reservations")
    with op.batch_alter_table("federated_spends", schema=None) as batch_op:
        batch_op.drop_constraint("uq_federated_spends_sequence", type_="unique")
        for name in ("dataset", "sequence", "reply_sha256", "previous_sha256", "sha256"):
            batch_op.drop_column(name)
    with op.batch_alter_table("federated_reservations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("noise_multiplier", sa.Float(), nullable=False))
        batch_op.add_column(sa.Column("rounds", sa.Integer(), nullable=False))
        batch_op.create_check_constraint("ck_federated_reservations_noise", "noise_multiplier > 0")
        batch_op.drop_column("stages")
