"""The fields that a person's consents let a recipient have for a purpose at a time, and why they let no more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from consent_ledger.consents.assured import opened_fields
from consent_ledger.consents.model import ConsentState, ConsentView
from consent_ledger.consents.order import agreement_of, denial_of, prevails
from consent_ledger.log.entry import UtcTime
from policies.assurance import AssurancePolicy


class Obstacle(StrEnum):
    """The reason for which a consent allows nothing."""

    NOT_STARTED = "not_started"
    """Its validity has not begun."""
    ENDED = "ended"
    """Its validity is over, recorded or not."""
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LATER_DENIAL = "later_denial"
    """The person said no to all of it later, or it is not proved that it was not later."""
    UNPROVED = "unproved"
    """It was given at another entity, and what was found of the person's will opens nothing of it here."""
    ORIGIN_SILENT = "origin_silent"
    """It was given at another entity, of which nothing was heard for too long."""
    PERSON_DECEASED = "person_deceased"
    PERSON_UNASSIGNED = "person_unassigned"
    """Two records were taken for one person's, and what came to them meanwhile has not been put right."""
    IDENTITY_DOUBT = "identity_doubt"
    """It was given at another entity, which may have given it for another person with the same document."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The part of a consent that is in force for one purpose and one recipient.

    Attributes:
        view: the consent.
        purpose: of its purposes.
        recipient: of its recipients.
        fields: those that the recipient may have.
        obstacle: the reason for which there are none; None when there are some.
        denied: each field that a later no took, with the id of the consent that the person refused or withdrew.
        closed: fields that its assurance does not open here.
    """

    view: ConsentView
    purpose: str
    recipient: str
    fields: frozenset[str]
    obstacle: Obstacle | None
    denied: Mapping[str, str]
    closed: frozenset[str] = frozenset()

    def without(self, obstacle: Obstacle) -> "Coverage":
        """Return the same consent with nothing in force."""
        return replace(self, fields=frozenset(), obstacle=obstacle)


class LiveConsent(BaseModel):
    """A consent that covers a purpose and a recipient now."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    consent_id: str
    fields: frozenset[str]
    valid_until: UtcTime
    origin: str | None = None
    """The entity where it was given; None when that is this entity."""
    told_at: UtcTime | None = None
    """The time of that entity's last statement, which may have arrived much later."""

    @classmethod
    def of(cls, coverage: Coverage) -> "LiveConsent":
        """Return the part of a consent that is in force."""
        view = coverage.view
        return cls(
            consent_id=view.consent_id,
            fields=coverage.fields,
            valid_until=view.record.valid_until,
            origin=view.record.origin.entity if view.record.origin else None,
            told_at=view.told_at,
        )


def coverages(
    views: Sequence[ConsentView], purpose: str, recipient: str, now: datetime, policy: AssurancePolicy
) -> tuple[Coverage, ...]:
    """Return what each of a person's consents that names the purpose and the recipient allows.

    Several consents add up. Every refusal and every withdrawal that names the purpose and the recipient takes its
    fields from each consent that is not later (`consents.order`). One given elsewhere gives the fields that its
    assurance opens (`consents.assured`).

    Args:
        views: all consents of one person at one entity.
        purpose: vocabulary id.
        recipient: entity id.
        now: decides validity alone, UTC.
        policy: the assurance policy of the entity.
    """
    named = [view for view in views if view.names(purpose, recipient)]
    denials = [view for view in named if view.denies]
    return tuple(_assured(_coverage(view, denials, purpose, recipient, now), policy) for view in named)


def live_consents(
    views: Sequence[ConsentView], purpose: str, recipient: str, now: datetime, policy: AssurancePolicy
) -> tuple[LiveConsent, ...]:
    """Return a person's consents in force for a recipient and a purpose, by one ledger alone."""
    return tuple(LiveConsent.of(each) for each in coverages(views, purpose, recipient, now, policy) if each.fields)


def _coverage(
    view: ConsentView, denials: Sequence[ConsentView], purpose: str, recipient: str, now: datetime
) -> Coverage:
    fields, denied, obstacle = frozenset(view.record.fields), dict[str, str](), obstacle_of(view, now)
    if obstacle is None and denials:
        agreement = agreement_of(view)
        for denial in denials:
            if prevails(denial_of(denial), agreement):
                denied |= {name: denial.consent_id for name in denial.record.fields if name in fields}
        if fields <= denied.keys():
            obstacle = Obstacle.LATER_DENIAL
    left = frozenset() if obstacle else fields - denied.keys()
    return Coverage(view, purpose, recipient, left, obstacle, denied)


def _assured(coverage: Coverage, policy: AssurancePolicy) -> Coverage:
    """Return the same consent without the fields that its assurance does not open."""
    record = coverage.view.record
    opened = opened_fields(record.fields, record.origin, policy, purpose=coverage.purpose, recipient=coverage.recipient)
    left, closed = coverage.fields & opened, frozenset(record.fields) - opened
    obstacle = coverage.obstacle or (None if left else Obstacle.UNPROVED)
    return replace(coverage, fields=left, closed=closed, obstacle=obstacle)


def obstacle_of(view: ConsentView, now: datetime) -> Obstacle | None:
    """Return the reason for which a consent allows nothing by itself; None when its scope is open at this time."""
    match view.state:
        case ConsentState.REFUSED:
            return Obstacle.REFUSED
        case ConsentState.WITHDRAWN:
            return Obstacle.WITHDRAWN
        case ConsentState.EXPIRED | ConsentState.ENDED:
            return Obstacle.ENDED
    if now < view.record.valid_from:
        return Obstacle.NOT_STARTED
    return Obstacle.ENDED if now >= view.record.valid_until else None
