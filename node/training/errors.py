"""Errors of training at the node. `TrainingError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class TrainingError(RedpactError):
    """Root of the errors of `node.training` and `node.risk`."""

    code = "training_error"


class DatasetUnknown(TrainingError):
    """No data set of this name is registered, or there are no records to train on."""

    code = "dataset_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No hay datos registrados con ese nombre. Regístrelos con «redpact-node training register-table».")


class DatasetConflict(TrainingError):
    """A data set registered again with other content, or the same content under another name."""

    code = "dataset_conflict"
    kind = ErrorKind.USAGE
    sentence = _(
        "Los datos ya están registrados con otro nombre o contenido: su presupuesto de privacidad no se reinicia."
    )


class DatasetDamaged(TrainingError):
    """The registered file is missing or is no longer the one that was registered."""

    code = "dataset_damaged"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "El fichero registrado falta o ha cambiado. Restaure el fichero original o regístrelo con otro nombre."
    )


class ManifestUnknown(TrainingError):
    """The coordinator lists no such campaign for this entity."""

    code = "manifest_unknown"
    kind = ErrorKind.USAGE
    sentence = _(
        "No hay ninguna campaña con ese identificador para esta entidad. Consulte «redpact-node training list»."
    )


class ReleaseMissing(TrainingError):
    """No released model is known to this node."""

    code = "release_missing"
    kind = ErrorKind.USAGE
    sentence = _("Todavía no hay ningún modelo publicado. Espere a que termine la campaña de entrenamiento.")


class EvaluationImpossible(TrainingError):
    """The local data cannot be evaluated: too few people, or only one outcome among them."""

    code = "evaluation_impossible"
    kind = ErrorKind.USAGE
    sentence = _("No se puede evaluar con estos datos: hacen falta personas con y sin el resultado.")


class SecretUnreadable(TrainingError):
    """A secret of training that cannot be opened: another data key, or altered bytes."""

    code = "training_secret_unreadable"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "No se puede abrir un secreto del entrenamiento. Restaure las claves y la base de datos de una misma "
        "copia de seguridad."
    )


class PolicyUnknown(TrainingError):
    """There is no decision policy of this name."""

    code = "standing_policy_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No hay ninguna política de decisión con ese nombre. Consulte «redpact-node training policy list».")


class ReleaseRecalled(TrainingError):
    """The Gerencia recalled the newest released model."""

    code = "release_recalled"
    sentence = _("La Gerencia ha retirado el modelo: ya no se usa. Decida sin lista hasta que publique otro.")


class ModelHarmful(TrainingError):
    """The trial of a released model on this entity's own held-out people speaks against its use."""

    code = "model_harmful"
    sentence = _("El modelo publicado no sirve para las personas de esta entidad: no se usa. Avise a su DPD.")


class TrialAcceptable(TrainingError):
    """A model was to be used despite a trial that does not speak against it."""

    code = "trial_acceptable"
    kind = ErrorKind.USAGE
    sentence = _("La prueba del modelo en esta entidad no dice nada en su contra: ya se puede usar.")
