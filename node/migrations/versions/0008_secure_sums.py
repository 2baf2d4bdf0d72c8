"""secure sums.

Campaigns of version 1 cannot go on with the code of version 2: their decisions and models are taken out (the ledger
keeps its entries), their reservations are closed, and what they spent stays spent.
"""

import hashlib
import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.execute("DELETE FROM federated_campaigns")
    op.execute("DELETE FROM training_releases")
    op.execute("DELETE FROM training_deliveries")
    _reservations()
    _spends()
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


def _spends() -> None:
    columns = (
        sa.Column("dataset", sa.String(length=100), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("reply_sha256", sa.String(length=64), nullable=True),
        sa.Column("previous_sha256", sa.String(length=64), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
    )
    with op.batch_alter_table("federated_spends", schema=None) as batch_op:
        for column in columns:
            batch_op.add_column(column)
    _chain_spends()
    with op.batch_alter_table("federated_spends", schema=None) as batch_op:
        for column in columns:
            batch_op.alter_column(column.name, existing_type=column.type, nullable=False)
        batch_op.create_unique_constraint("uq_federated_spends_sequence", ["dataset", "sequence"])


def _chain_spends() -> None:
    connection = op.get_bind()
    spends = sa.table(
        "federated_spends",
        *(sa.column(name) for name in ("campaign_id", "round", "request_sha256", "reply")),
        sa.column("spent_at", sa.DateTime(timezone=True)),
        *(sa.column(name) for name in ("dataset", "sequence", "reply_sha256", "previous_sha256", "sha256")),
    )
    reservations = sa.table("federated_reservations", sa.column("campaign_id"), sa.column("dataset"))
    query = (
        sa.select(spends.c.campaign_id, spends.c.round, spends.c.request_sha256, spends.c.reply, spends.c.spent_at)
        .add_columns(reservations.c.dataset)
        .join_from(spends, reservations, spends.c.campaign_id == reservations.c.campaign_id)
        .order_by(spends.c.spent_at, spends.c.campaign_id, spends.c.round)
    )
    heads: dict[str, tuple[int, str]] = {}
    for campaign_id, number, request, reply, spent_at, dataset in connection.execute(query).fetchall():
        sequence, previous = heads.get(dataset, (0, ""))
        link = {
            "sequence": sequence + 1,
            "previous": previous,
            "campaign": campaign_id,
            "round": number,
            "request": request,
            "reply": hashlib.sha256(reply).hexdigest(),
            "spent_at": _utc(spent_at).isoformat(),
        }
        digest = hashlib.sha256(json.dumps(link, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        heads[dataset] = (sequence + 1, digest)
        connection.execute(
            sa.update(spends)
            .where(spends.c.campaign_id == campaign_id, spends.c.round == number)
            .values(
                dataset=dataset,
                sequence=sequence + 1,
                reply_sha256=link["reply"],
                previous_sha256=previous,
                sha256=digest,
            )
        )


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def downgrade() -> None:
    """Undo the change; spends of several stages cannot be told in the older form, so all of them are taken out."""
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
