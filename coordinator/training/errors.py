"""Errors of the training campaigns at the coordinator. `CampaignError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class CampaignError(RedpactError):
    """Root of the errors of `coordinator.training`."""

    code = "campaign_error"


class CampaignUnknown(CampaignError):
    """No campaign has this id, or the calling entity was not invited to it."""

    code = "campaign_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No existe la campaña indicada. Consulte la lista con «redpact-coordinator training status».")


class CampaignOutOfStep(CampaignError):
    """The request does not fit the campaign's state: a decision after the start, a release before the end."""

    code = "campaign_out_of_step"
    sentence = _(
        "La campaña no está en el estado que requiere esta operación. Consulte «redpact-coordinator training status»."
    )


class CampaignInvalid(CampaignError):
    """A campaign that cannot be proposed as described."""

    code = "campaign_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La campaña no se puede proponer así. Corrija el valor indicado.")


class DecisionConflict(CampaignError):
    """An entity contradicts its earlier decision; decisions are final."""

    code = "decision_conflict"
    sentence = _(
        "La entidad ya comunicó otra decisión sobre esta campaña. Una decisión comunicada no se puede cambiar."
    )


class ResultRefused(CampaignError):
    """A result that answers no open task of the entity that sent it."""

    code = "result_refused"
    sentence = _("El resultado enviado no corresponde a ninguna tarea abierta de esta entidad.")


class CampaignInterrupted(CampaignError):
    """The coordinator is stopping during a campaign, which continues from its last round at the next start."""

    code = "campaign_interrupted"
    kind = ErrorKind.UNREACHABLE
    sentence = _("El coordinador se está deteniendo: la campaña continuará desde su última ronda al arrancar de nuevo.")
