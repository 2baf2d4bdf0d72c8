"""Alerts of people whose probability rose over a threshold since the last check.

For the comparison the node keeps of each scored person its own id, the month and a band of probability, and nothing
else; a person who leaves the cohort, objects to profiling or is erased leaves that list too. The first check only fills
it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from node.clients.training import TrainingClient
from node.context import NodeContext
from node.risk.errors import BandInvalid
from node.risk.people_scores import RiskEntry, ScoredPeople, score_people
from node.risk.professional_decisions import Judgement
from node.risk.tables import CheckedBandRow, LastCheckRow
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
    """One person over the threshold now and not at the last check; `before` is None for one not scored then."""

    entry: RiskEntry
    now: Band
    before: Band | None


@dataclass(frozen=True, slots=True)
class AlertList:
    """The alerts of one check, most likely first.

    Attributes:
        since: the time of the last check; None at the first one, which gives no alerts.
        other_model: whether the last check used another model, so that part of a rise may be due to the model.
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
    """Return the lowest band that gives alerts, from its name.

    Raises:
        BandInvalid: there is no such band, or it is the lowest one, which holds everybody.
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
    """Return the people who rose over the threshold since the last check, and store this check unless `peek`.

    People that a professional lowered under this release are left out.

    Raises:
        RedpactError: as `node.risk.people_scores.score_people`.
    """
    scored = score_people(context, client, as_of=as_of)
    with context.transaction() as session:
        last = session.get(LastCheckRow, 1, with_for_update=True)
        before = {row.person_ref: Band(row.band) for row in session.scalars(select(CheckedBandRow))}
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
            _store(session, scored, context.clock.now())
    return shown


def _risen(scored: ScoredPeople, before: dict[str, Band], threshold: Band) -> tuple[Alert, ...]:
    least, found = _ORDER.index(threshold), []
    for entry in scored.entries:
        now, earlier = band_of(entry.probability), before.get(entry.person_id)
        lowered = entry.decision is not None and entry.decision.decision is Judgement.LOWER
        was_under = earlier is None or _ORDER.index(earlier) < least
        if _ORDER.index(now) >= least and was_under and not lowered:
            found.append(Alert(entry, now, earlier))
    return tuple(sorted(found, key=lambda alert: (-alert.entry.probability, alert.entry.person_id)))


def _store(session: Session, scored: ScoredPeople, now: datetime) -> None:
    session.execute(delete(CheckedBandRow))
    month = f"{scored.as_of:%Y-%m}"
    rows = [
        {"person_ref": entry.person_id, "month": month, "band": band_of(entry.probability).value}
        for entry in scored.entries
    ]
    if rows:
        session.execute(insert(CheckedBandRow), rows)
    session.merge(LastCheckRow(id=1, campaign_id=scored.release.release.campaign_id, looked_at=now))
