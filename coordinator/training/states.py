"""The life of a campaign as one table.

proposed --begin--> running --release--> released
    |                  |
    +------ stop ------+--> stopped
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from coordinator.training.errors import CampaignOutOfStep


class CampaignState(StrEnum):
    """Where a campaign stands."""

    PROPOSED = "proposed"  # entities are deciding
    RUNNING = "running"  # rounds are being asked
    RELEASED = "released"  # the model is signed; final
    STOPPED = "stopped"  # ended without a model, with a reason; final


class CampaignEvent(StrEnum):
    """What moves a campaign on."""

    BEGIN = "begin"
    RELEASE = "release"
    STOP = "stop"


TRANSITIONS: Final[Mapping[tuple[CampaignState, CampaignEvent], CampaignState]] = {
    (CampaignState.PROPOSED, CampaignEvent.BEGIN): CampaignState.RUNNING,
    (CampaignState.PROPOSED, CampaignEvent.STOP): CampaignState.STOPPED,
    (CampaignState.RUNNING, CampaignEvent.RELEASE): CampaignState.RELEASED,
    (CampaignState.RUNNING, CampaignEvent.STOP): CampaignState.STOPPED,
}
"""Every move there is; what is not here is refused."""


class StopReason(StrEnum):
    """Why a campaign ended without a model."""

    SHORT_OF_COHORT = "short_of_cohort"  # too few entities approved
    COHORT_LOST = "cohort_lost"  # too few entities answered a round in time
    CODE_CHANGED = "code_changed"  # the installed code is no longer the one the manifest names
    FAILED = "failed"  # the server application raised one of our errors; the detail says which
    WITHDRAWN = "withdrawn"  # the Gerencia stopped it


def after(state: CampaignState, event: CampaignEvent) -> CampaignState:
    """Return the state that follows.

    Raises:
        CampaignOutOfStep: the event does not apply in this state.
    """
    try:
        return TRANSITIONS[state, event]
    except KeyError as error:
        raise CampaignOutOfStep(
            f"a campaign that is {state} cannot {event}", remedy="see: redpact-coordinator training status"
        ) from error
