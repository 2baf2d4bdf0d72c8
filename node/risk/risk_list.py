"""The list of people most likely to need support, with reasons. Computed and shown at this node, stored nowhere.

A score is never part of the shared record and never leaves this node. It is an occasion to offer support; professionals
decide.
"""

from dataclasses import dataclass
from datetime import date

from node.clients.training import TrainingClient
from node.context import NodeContext
from node.risk.errors import MonthInvalid
from node.risk.people_scores import RiskEntry, score_people
from node.training.received_releases import VerifiedRelease
from presentation.messages import _


@dataclass(frozen=True, slots=True)
class RiskList:
    """The people most likely to need long support, most likely first, unless a professional decided otherwise.

    Attributes:
        people: the number of people scored.
        calibrated: whether the probabilities were calibrated on this entity's past cases; else only the order counts.
    """

    release: VerifiedRelease
    as_of: date
    people: int
    calibrated: bool
    entries: tuple[RiskEntry, ...]
    age_unknown: int = 0
    """People not scored because nobody can tell whether their age is the cohort's."""


def risk_list(context: NodeContext, client: TrainingClient, *, top: int, as_of: date | None = None) -> RiskList:
    """Return the first `top` people of this node's cohort.

    Args:
        context: of this entity.
        client: asked for a newer release; when it does not answer, the stored one serves.
        top: the number of people to return.
        as_of: the month from which features look back; the present one when None.

    Raises:
        RedpactError: as `node.risk.people_scores.score_people`.
    """
    scored = score_people(context, client, as_of=as_of)
    shown = scored.entries[:top]
    people = len(scored.entries)
    return RiskList(scored.release, scored.as_of, people, scored.calibrated, shown, scored.age_unknown)


def parse_month(text: str) -> date | None:
    """Return the first day of a month written as 2019-01; None for an empty text.

    Raises:
        MonthInvalid: the text is no month.
    """
    if not text:
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise MonthInvalid(
            _("{text!r} no es un mes", text=text), remedy=_("escriba año y mes, por ejemplo 2019-01")
        ) from error
