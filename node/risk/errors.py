"""Errors of the use of the risk model. They share the root `TrainingError`."""

from node.training.errors import TrainingError
from policies.errors import ErrorKind
from presentation.messages import _


class MonthInvalid(TrainingError):
    """A text that is not a month."""

    code = "month_invalid"
    kind = ErrorKind.USAGE
    sentence = _("El mes no es válido. Escríbalo como año y mes, por ejemplo 2019-01.")


class ReleaseExpired(TrainingError):
    """The newest released model is past its expiry date."""

    code = "release_expired"
    sentence = _(
        "El modelo ha caducado: ya no se usa. Pida a la Gerencia una campaña nueva; mientras, decida sin lista."
    )


class RiskSwitchedOff(TrainingError):
    """The data-protection officer has switched the use of the risk model off."""

    code = "risk_switched_off"
    sentence = _("El uso del modelo de riesgo está desactivado en su entidad. Consulte «redpact-node risk status».")


class SwitchReasonInvalid(TrainingError):
    """An attempt to switch the risk model off without a reason."""

    code = "switch_reason_invalid"
    kind = ErrorKind.USAGE
    sentence = _("Indique por qué se desactiva, sin datos personales y en 500 caracteres como mucho. Use «--reason».")


class BandInvalid(TrainingError):
    """A band of probability that does not exist, or from which no alert can start."""

    code = "risk_band_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La franja no es válida. Use «medium», «high» o «very_high».")
