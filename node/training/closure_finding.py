"""A check of ``doctor``: the campaigns that this node closed for good because it refused a step. Reads tables only."""

from datetime import timedelta
from typing import Final

from sqlalchemy import select

from federated.storage.tables import ClosureRow
from node.context import NodeContext
from policies.errors import RedpactError
from presentation.messages import _, listing, plural
from service.findings import Finding, Level

_LOOK_BACK: Final = timedelta(days=90)


def check_campaigns(context: NodeContext) -> Finding:
    """Check that no campaign was closed here by a refusal lately."""
    since = context.clock.now() - _LOOK_BACK
    query = select(ClosureRow).where(ClosureRow.closed_at >= since).order_by(ClosureRow.closed_at)
    try:
        with context.snapshot() as session:
            closed = [(row.campaign_id, row.step, row.code) for row in session.scalars(query)]
    except RedpactError as error:
        return Finding.of_error("campaigns", error)
    if not closed:
        return Finding("campaigns", Level.OK, _("Ninguna campaña se ha cerrado aquí por una petición indebida"))
    text = plural(
        "{n} campaña se cerró aquí antes de su fin: este nodo no debía contestar a lo que se le pidió",
        "{n} campañas se cerraron aquí antes de su fin: este nodo no debía contestar a lo que se le pidió",
        len(closed),
    )
    detail = listing(" ".join(filter(None, (campaign[:12], step, f"({code})"))) for campaign, step, code in closed)
    return Finding(
        "campaigns", Level.WARNING, text, _("avise a la DPD, que lo ve con: redpact-node training report"), detail
    )
