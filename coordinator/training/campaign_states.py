"""The life of a campaign as one table.

proposed --begin--> running --release------------------> released
    |                  |--hold--> in_review --release----^
    |                  |              |
    +------ stop ------+---- stop ----+----------------> stopped

released --recall--> recalled
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from coordinator.training.errors import CampaignOutOfStep
from presentation.messages import _


class CampaignState(StrEnum):
    """Where a campaign stands."""

    PROPOSED = "proposed"  # entities are deciding
    RUNNING = "running"  # rounds are being asked
    IN_REVIEW = "in_review"  # the rounds are over, and a person looks at the model before it is signed
    RELEASED = "released"  # the model is signed
    RECALLED = "recalled"  # no entity uses the model any more; final
    STOPPED = "stopped"  # ended without a model, with a reason; final


class CampaignEvent(StrEnum):
    """What moves a campaign on."""

    BEGIN = "begin"
    HOLD = "hold"
    RELEASE = "release"
    RECALL = "recall"
    STOP = "stop"


TRANSITIONS: Final[Mapping[tuple[CampaignState, CampaignEvent], CampaignState]] = {
    (CampaignState.PROPOSED, CampaignEvent.BEGIN): CampaignState.RUNNING,
    (CampaignState.PROPOSED, CampaignEvent.STOP): CampaignState.STOPPED,
    (CampaignState.RUNNING, CampaignEvent.HOLD): CampaignState.IN_REVIEW,
    (CampaignState.RUNNING, CampaignEvent.RELEASE): CampaignState.RELEASED,
    (CampaignState.RUNNING, CampaignEvent.STOP): CampaignState.STOPPED,
    (CampaignState.RELEASED, CampaignEvent.RECALL): CampaignState.RECALLED,
    (CampaignState.IN_REVIEW, CampaignEvent.RELEASE): CampaignState.RELEASED,
    (CampaignState.IN_REVIEW, CampaignEvent.STOP): CampaignState.STOPPED,
}
"""Every move there is; what is not here is refused."""


class StopReason(StrEnum):
    """Why a campaign ended without a model, or lost it."""

    SHORT_OF_COHORT = "short_of_cohort"  # too few entities approved
    COHORT_LOST = "cohort_lost"  # too few entities answered a round in time
    CODE_CHANGED = "code_changed"  # the installed code is no longer the one the manifest names
    FAILED = "failed"  # the server application raised one of our errors; the detail says which
    WITHDRAWN = "withdrawn"  # the Gerencia stopped it, or recalled its model


def after(state: CampaignState, event: CampaignEvent) -> CampaignState:
    """Return the state that follows.

    Raises:
        CampaignOutOfStep: the event does not apply in this state.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError as error:
        raise CampaignOutOfStep(
            _("una campaña en el estado «{state}» no admite la operación «{event}»", state=state, event=event),
            remedy=_("consulte: redpact-coordinator training status"),
        ) from error


def require_review(state: CampaignState) -> None:
    """Check that a campaign's model is in review.

    Raises:
        CampaignOutOfStep: it is not.
    """
    if state is not CampaignState.IN_REVIEW:
        raise CampaignOutOfStep(
            _("la campaña está en el estado «{state}», no en revisión", state=state),
            remedy=_("para revisar un modelo, proponga la campaña con: training start --review"),
        )
