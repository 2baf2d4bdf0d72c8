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
from presentation.messages import Message, _


class CampaignState(StrEnum):
    """The states of a campaign."""

    PROPOSED = "proposed"  # entities are deciding
    RUNNING = "running"  # rounds are being asked
    IN_REVIEW = "in_review"  # the rounds are over, and a person looks at the model before it is signed
    RELEASED = "released"  # the model is signed
    RECALLED = "recalled"  # no entity uses the model any more; final
    STOPPED = "stopped"  # ended without a model, with a reason; final


class CampaignEvent(StrEnum):
    """The events that move a campaign from one state to the next."""

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
"""Every transition; any other is refused."""


STATE_NAMES: Final[Mapping[CampaignState, Message]] = {
    CampaignState.PROPOSED: _("propuesta"),
    CampaignState.RUNNING: _("en marcha"),
    CampaignState.IN_REVIEW: _("en revisión"),
    CampaignState.RELEASED: _("modelo publicado"),
    CampaignState.RECALLED: _("modelo retirado"),
    CampaignState.STOPPED: _("detenida"),
}
EVENT_NAMES: Final[Mapping[CampaignEvent, Message]] = {
    CampaignEvent.BEGIN: _("empezar las rondas"),
    CampaignEvent.HOLD: _("pasar a revisión"),
    CampaignEvent.RELEASE: _("publicar el modelo"),
    CampaignEvent.RECALL: _("retirar el modelo"),
    CampaignEvent.STOP: _("detener la campaña"),
}


class StopReason(StrEnum):
    """Reasons for which a campaign ended without a model, or its model was recalled."""

    SHORT_OF_COHORT = "short_of_cohort"  # too few entities approved
    COHORT_LOST = "cohort_lost"  # too few entities answered a round in time
    CODE_CHANGED = "code_changed"  # the installed code is no longer the one the manifest names
    IMPOSSIBLE_SUM = "impossible_sum"  # an opened sum cannot come from people and noise
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
            _(
                "una campaña en el estado «{state}» no admite la operación «{event}»",
                state=STATE_NAMES[state],
                event=EVENT_NAMES[event],
            ),
            remedy=_("consulte: redpact-coordinator training status"),
        ) from error


def require_review(state: CampaignState) -> None:
    """Check that a campaign's model is in review.

    Raises:
        CampaignOutOfStep: it is not.
    """
    if state is not CampaignState.IN_REVIEW:
        raise CampaignOutOfStep(
            _("la campaña está en el estado «{state}», no en revisión", state=STATE_NAMES[state]),
            remedy=_("para revisar un modelo, proponga la campaña con: training start --review"),
        )
