"""Whose probability rose over a threshold since somebody last looked.

To tell, the node keeps of each person scored the node's own id, the month and a band of probability, and nothing else;
whoever leaves the cohort, objects to profiling or is erased leaves that list too. The first look only takes stock.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from node.clients.training import TrainingClient
from node.context import NodeContext
from node.risk.people_scores import RiskEntry, ScoredPeople, score_people
from node.risk.professional_decisions import Decision
from node.risk.tables import LastLookRow, LookRow
from node.training.errors import BandInvalid
from node.training.received_releases import VerifiedRelease
from presentation.messages import _


class Band(StrEnum):
    """Bands of probability, the lowest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"


BAND_STARTS: Final = {Band.LOW: 0.0, Band.MEDIUM: 0.25, Band.HIGH: 0.5, Band.VERY_HIGH: 0.75}
_ORDER: Final = tuple(BAND_STARTS)


@dataclass(frozen=True, slots=True)
class Alert:
    """One person who is over the threshold now and was not at the last look; `before` is None for who was not there."""

    entry: RiskEntry
    now: Band
    before: Band | None


@dataclass(frozen=True, slots=True)
class AlertList:
    """The alerts of one look, most likely first.

    Attributes:
        since: when somebody last looked; None at the first look, which alerts of nobody.
        other_model: whether that look was at another model: part of a rise may then be the model's.
    """

    release: VerifiedRelease
    as_of: date
    threshold: Band
    since: datetime | None
    other_model: bool
    calibrated: bool
    alerts: tuple[Alert, ...]


def band_of(probability: float) -> Band:
    """Return the band of a probability."""
    return [band for band, start in BAND_STARTS.items() if probability >= start][-1]


def parse_band(text: str) -> Band:
    """Return the band to alert from.

    Raises:
        BandInvalid: it is none, or the lowest, over which everybody is.
    """
    if text not in BAND_STARTS or text == Band.LOW:
        raise BandInvalid(
            _("{text!r} no es una franja a partir de la que avisar", text=text),
            remedy=_("use medium, high o very_high"),
        )
    return Band(text)


def alerts(
    context: NodeContext, client: TrainingClient, *, threshold: Band, as_of: date | None = None, peek: bool = False
) -> AlertList:
    """Return who rose over the threshold since the last look, and let this be the last look unless `peek`.

    Whoever a professional lowered under this release is left out.

    Raises:
        as `node.risk.people_scores.score_people`.
    """
    scored = score_people(context, client, as_of=as_of)
    with context.transaction() as session:
        last = session.get(LastLookRow, 1, with_for_update=True)
        before = {row.person_ref: Band(row.band) for row in session.scalars(select(LookRow))}
        found = _risen(scored, before, threshold) if last is not None else ()
        shown = AlertList(
            release=scored.release,
            as_of=scored.as_of,
            threshold=threshold,
            since=last.looked_at if last is not None else None,
            other_model=last is not None and last.campaign_id != scored.release.release.campaign_id,
            calibrated=scored.calibrated,
            alerts=found,
        )
        if not peek:
            _keep(session, scored, context.clock.now())
    return shown


def _risen(scored: ScoredPeople, before: dict[str, Band], threshold: Band) -> tuple[Alert, ...]:
    least, found = _ORDER.index(threshold), []
    for entry in scored.entries:
        now, earlier = band_of(entry.probability), before.get(entry.person_id)
        lowered = entry.decision is not None and entry.decision.decision is Decision.LOWER
        was_under = earlier is None or _ORDER.index(earlier) < least
        if _ORDER.index(now) >= least and was_under and not lowered:
            found.append(Alert(entry, now, earlier))
    return tuple(sorted(found, key=lambda alert: (-alert.entry.probability, alert.entry.person_id)))


def _keep(session: Session, scored: ScoredPeople, now: datetime) -> None:
    session.execute(delete(LookRow))
    month = f"{scored.as_of:%Y-%m}"
    rows = [
        {"person_ref": entry.person_id, "month": month, "band": band_of(entry.probability).value}
        for entry in scored.entries
    ]
    if rows:
        session.execute(insert(LookRow), rows)
    session.merge(LastLookRow(id=1, campaign_id=scored.release.release.campaign_id, looked_at=now))
