"""Merge the budgets of data sets into one of the entity's people, and keep each campaign's shares of the noise.

Nothing is refunded: the merged budget counts every reservation and every spend of all data sets, at the smallest delta
and under the smallest limit of theirs. Campaigns so far added no noise of their own; how many shares their noise had is
read from their stored manifests, and taken as the most possible where it cannot be read.
"""

import base64
import binascii
import json

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0018"
branch_labels = None
depends_on = None

_PEOPLE = "people"
_MOST_SHARES = 5000  # entities that a campaign can invite
_RESERVATIONS = sa.table("federated_reservations", sa.column("campaign_id"), sa.column("noise_shares"))


def upgrade() -> None:
    """Apply the change."""
    op.drop_index("ix_federated_reservations_dataset", "federated_reservations")
    for column in (
        sa.Column("used", sa.String(length=100), nullable=False, server_default=""),
        sa.Column("noise_shares", sa.Integer(), nullable=False, server_default=str(_MOST_SHARES)),
        sa.Column("own_noise_training", sa.Float(), nullable=False, server_default="1"),
        sa.Column("own_noise_held_out", sa.Float(), nullable=False, server_default="1"),
    ):
        op.add_column("federated_reservations", column)
    _fill_shares()
    _merge_budgets()
    # By statements of their own: SQLite would otherwise rebuild a table that others refer to.
    op.execute("ALTER TABLE federated_budgets RENAME COLUMN dataset TO population")
    op.execute("ALTER TABLE federated_reservations RENAME COLUMN dataset TO population")
    op.execute("ALTER TABLE federated_reservations RENAME COLUMN used TO dataset")


def downgrade() -> None:
    """Undo the change. Each data set gets the whole limit: what the other data sets spent no longer counts for it."""
    op.execute("ALTER TABLE federated_reservations RENAME COLUMN dataset TO used")
    op.execute("ALTER TABLE federated_reservations RENAME COLUMN population TO dataset")
    op.execute("ALTER TABLE federated_budgets RENAME COLUMN population TO dataset")
    op.execute(
        "INSERT INTO federated_budgets (dataset, epsilon_limit, delta, changed_at) "
        "SELECT names.used, epsilon_limit, delta, changed_at FROM federated_budgets, "
        "(SELECT DISTINCT used FROM federated_reservations) AS names WHERE names.used <> federated_budgets.dataset"
    )
    op.execute("UPDATE federated_reservations SET dataset = used")
    op.execute(
        f"DELETE FROM federated_budgets WHERE dataset = '{_PEOPLE}' "  # noqa: S608 - a constant
        "AND EXISTS (SELECT 1 FROM federated_reservations)"
    )
    for name in ("own_noise_held_out", "own_noise_training", "noise_shares", "used"):
        op.execute(f"ALTER TABLE federated_reservations DROP COLUMN {name}")
    op.create_index("ix_federated_reservations_dataset", "federated_reservations", ["dataset"])


def _fill_shares() -> None:
    connection = op.get_bind()
    stored = connection.execute(
        sa.text(
            "SELECT r.campaign_id, c.manifest FROM federated_reservations r "
            "LEFT JOIN federated_campaigns c ON c.campaign_id = r.campaign_id"
        )
    )
    for campaign_id, manifest in stored.all():
        where = _RESERVATIONS.c.campaign_id == campaign_id
        connection.execute(sa.update(_RESERVATIONS).where(where).values(noise_shares=_shares(manifest)))


def _shares(manifest: bytes | None) -> int:
    try:
        payload = base64.b64decode(json.loads(manifest or b"")["payload"], validate=True)
        return max(1, min(int(json.loads(payload)["noise_shares"]), _MOST_SHARES))
    except (ValueError, KeyError, TypeError, binascii.Error):
        return _MOST_SHARES


def _merge_budgets() -> None:
    op.execute(
        "INSERT INTO federated_budgets (dataset, epsilon_limit, delta, changed_at) "  # noqa: S608 - a constant
        f"SELECT '{_PEOPLE}', min(epsilon_limit), min(delta), max(changed_at) FROM federated_budgets "
        "HAVING count(*) > 0"
    )
    op.execute(f"UPDATE federated_reservations SET used = dataset, dataset = '{_PEOPLE}'")  # noqa: S608
    op.execute(f"DELETE FROM federated_budgets WHERE dataset <> '{_PEOPLE}'")  # noqa: S608
