"""Who may need support first, by the released model, with reasons. Computed here, shown here, stored nowhere.

A score is never part of the shared record and never leaves this node. It is an occasion to offer support; professionals
decide.
"""

from dataclasses import dataclass
from datetime import date

from node.clients.training import TrainingClient
from node.context import NodeContext
from node.risk.people_scores import RiskEntry, score_people
from node.training.errors import MonthInvalid
from node.training.received_releases import VerifiedRelease
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class RiskList:
    """The people most likely to need long support, most likely first, as far as no professional decided otherwise.

    Attributes:
        people: how many were scored.
        calibrated: whether the probabilities were fitted to this entity's own past cases; else only the order counts.
    """

    release: VerifiedRelease
    as_of: date
    people: int
    calibrated: bool
    entries: tuple[RiskEntry, ...]


def risk_list(context: NodeContext, client: TrainingClient, *, top: int, as_of: date | None = None) -> RiskList:
    """Return the first `top` people of this node's cohort.

    Args:
        context: whose people.
        client: where to look for a newer release; when it does not answer, the one kept here serves.
        top: how many to return.
        as_of: the month to look back from; the present one when None.

    Raises:
        as `node.risk.people_scores.score_people`.
    """
    scored = score_people(context, client, as_of=as_of)
    return RiskList(scored.release, scored.as_of, len(scored.entries), scored.calibrated, scored.entries[:top])


def parse_month(text: str) -> date | None:
    """Return the first day of a month written as 2019-01; None for an empty text.

    Raises:
        MonthInvalid: it is no month.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise MonthInvalid(
            _("{text!r} no es un mes", text=text), remedy=_("escriba año y mes, por ejemplo 2019-01")
        ) from error
