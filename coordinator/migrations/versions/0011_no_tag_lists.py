"""Delete the lists of tags with which people were counted, and bring the progress of campaigns into its new form.

Lists and counts were never deleted when their campaign ended. Campaigns that were counting cannot go on, as the code
that their manifests name is another one: their progress is taken out, and the next start of the service stops them.
"""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_CAMPAIGNS = sa.table("training_campaigns", sa.column("campaign_id"), sa.column("checkpoint"))
_ADDED: dict[str, Any] = {
    "chains": {"heads": {}, "before_sum": {}, "unanswered": {}, "gone": []},
    "counted": [],
    "counted_sha256": "",
    "table": "",
}


def upgrade() -> None:
    """Apply the change."""
    op.execute("DELETE FROM federated_grid_tasks WHERE step IN ('tags', 'weights')")
    _rewrite(lambda progress: None if progress["step"] in {"tags", "weights"} else {**progress, **_ADDED})


def downgrade() -> None:
    """Undo the change; what was deleted stays deleted, and campaigns that are counting lose their progress."""
    _rewrite(_former)


def _former(progress: dict[str, Any]) -> dict[str, Any] | None:
    if progress["step"] in {"table", "opening", "weights"}:
        return None
    return {name: value for name, value in progress.items() if name not in _ADDED}


def _rewrite(changed: Any) -> None:
    connection = op.get_bind()
    rows = connection.execute(sa.select(_CAMPAIGNS).where(_CAMPAIGNS.c.checkpoint.is_not(None))).all()
    for campaign_id, checkpoint in rows:
        kept = json.loads(checkpoint)
        progress = changed(kept) if isinstance(kept, dict) else None  # what is no progress leads nowhere
        stored = None if progress is None else _canonical(progress)
        connection.execute(
            sa.update(_CAMPAIGNS).where(_CAMPAIGNS.c.campaign_id == campaign_id).values(checkpoint=stored)
        )


def _canonical(progress: dict[str, Any]) -> bytes:
    return json.dumps(progress, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
