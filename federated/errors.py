"""Errors of federated learning. `FederatedError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _, joined


class FederatedError(RedpactError):
    """Root of the errors of `federated`."""

    code = "federated_error"


class ManifestInvalid(FederatedError):
    """A campaign manifest that is not one, or that contradicts itself."""

    code = "manifest_invalid"
    sentence = _("El manifiesto de la campaña no es válido. No lo apruebe y avise a la Gerencia.")


class ManifestChanged(FederatedError):
    """A round asked under another manifest than the one this entity approved."""

    code = "manifest_changed"
    sentence = _("La campaña no coincide con la que su entidad aprobó: no se ha enviado nada. Avise a la Gerencia.")


class CampaignNotApproved(FederatedError):
    """A round asked of a campaign that this entity has not approved, has refused, or has closed."""

    code = "campaign_not_approved"
    sentence = _("Su entidad no ha aprobado esta campaña: no se ha enviado nada. Revise las campañas pendientes.")


class CampaignDecided(FederatedError):
    """A decision on a campaign that already has the other one, or whose time to decide is over."""

    code = "campaign_decided"
    sentence = _(
        "La campaña ya está decidida o su plazo ha terminado. Consulte las campañas con «redpact-node training list»."
    )


class RoundRefused(FederatedError):
    """A round outside the manifest, out of order, or asked twice with different content."""

    code = "round_refused"
    sentence = _("La ronda de entrenamiento pedida no es la prevista: no se ha enviado nada. Avise a la Gerencia.")


class CodeDiffers(FederatedError):
    """The installed federated code is not the code that the manifest names."""

    code = "training_code_differs"
    sentence = _("El código instalado no es el que indica la campaña. Actualice RedPACT o pida una campaña nueva.")


class EpsilonUnderstated(FederatedError):
    """The manifest claims a smaller epsilon than this node's own accountant computes."""

    code = "epsilon_understated"
    sentence = _("La campaña promete más privacidad de la que da según el cálculo propio del nodo. No la apruebe.")


class BudgetExceeded(FederatedError):
    """More privacy budget is asked than is left for a data set."""

    code = "budget_exceeded"
    sentence = _("No queda presupuesto de privacidad suficiente para estos datos: no se ha enviado nada.")


class BudgetUnknown(FederatedError):
    """A data set that has no privacy budget yet."""

    code = "budget_unknown"
    kind = ErrorKind.USAGE
    sentence = _("Estos datos no tienen un límite de privacidad fijado. Fíjelo antes de aprobar campañas.")


class BudgetDamaged(FederatedError):
    """The stored budget is inconsistent: nothing may be spent until somebody looks."""

    code = "budget_damaged"
    kind = ErrorKind.DAMAGED
    sentence = _("El registro de presupuesto de privacidad está dañado. Restaure la copia de seguridad del nodo.")


class PrivacyTermsInvalid(FederatedError):
    """Privacy parameters that no accountant can work with."""

    code = "privacy_terms_invalid"
    kind = ErrorKind.USAGE
    sentence = _("Los parámetros de privacidad no son válidos. Revise épsilon, delta y el número de rondas.")


class SchemaInvalid(FederatedError):
    """A table schema that cannot be read or contradicts itself."""

    code = "table_schema_invalid"
    kind = ErrorKind.USAGE
    sentence = _("El esquema de la tabla no es válido. Corrija el fichero YAML y vuelva a intentarlo.")


class TableInvalid(FederatedError):
    """A table that does not follow its schema."""

    code = "table_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La tabla no cumple su esquema. Corrija las filas indicadas y vuelva a intentarlo.")


class DataUnsuitable(FederatedError):
    """The data here do not have what the campaign's model needs."""

    code = "training_data_unsuitable"
    sentence = _("Los datos de su entidad no sirven para esta campaña. Revise las variables que pide.")


class MessageMalformed(FederatedError):
    """Bytes that are not the training message they should be."""

    code = "training_message_malformed"
    sentence = _(
        "Se ha recibido un mensaje de entrenamiento dañado: se ha descartado. Avise a la Gerencia si se repite."
    )


class CohortTooSmall(FederatedError):
    """Fewer entities contributed than the manifest's minimum."""

    code = "cohort_too_small"
    sentence = _("Han participado menos entidades de las necesarias: la campaña se ha detenido.")


class ReleaseInvalid(FederatedError):
    """A model release that is not one, or does not belong to its manifest."""

    code = "release_invalid"
    sentence = _("El modelo publicado no es válido: no se ha usado. Avise a la Gerencia.")


class KeyStatementInvalid(FederatedError):
    """A masking key that is not usable, or not stated by the entity it is said to belong to."""

    code = "masking_key_invalid"
    sentence = _("La clave de suma segura de una entidad no es válida: no se ha enviado nada. Avise a la Gerencia.")


class SecureSumRefused(FederatedError):
    """A secure sum asked in a way that could show less than the sum over the minimum cohort."""

    code = "secure_sum_refused"
    sentence = _(
        "Se ha pedido abrir una suma que podría mostrar los datos de una sola entidad: no se ha enviado "
        "nada. Avise a la Gerencia."
    )


class MaskedMessageInvalid(FederatedError):
    """A message of a secure sum that its sender cannot have made by the protocol."""

    code = "masked_message_invalid"
    sentence = _(
        "Una entidad ha enviado un mensaje de suma segura dañado: se sigue sin ella. Avise a la Gerencia si se repite."
    )

    def __init__(self, message: str, *, entity: str, remedy: str = "") -> None:
        super().__init__(joined((entity, message), ": "), remedy=remedy)
        self.entity = entity


class SumLost(FederatedError):
    """Too many entities fell silent between masking and unmasking: this round's sum can never be opened."""

    code = "secure_sum_lost"
    sentence = _(
        "Demasiadas entidades se han desconectado y la suma de esta ronda se ha perdido: se pasa a la siguiente."
    )


class DuplicateCheckInvalid(FederatedError):
    """A message of the check of who is in several entities that is not what it should be."""

    code = "duplicate_check_invalid"
    sentence = _("Ha llegado algo no válido al comprobar qué personas están en varias entidades: no se aporta nada.")


class DuplicateCountWrong(FederatedError):
    """The coordinator's counts of who is in several entities are provably wrong."""

    code = "duplicate_count_wrong"
    sentence = _(
        "El coordinador ha contado mal las personas que están en varias entidades: no se aporta nada. Avise "
        "a la Gerencia."
    )


class EditInvalid(FederatedError):
    """A correction by hand that does not fit the model, or that gives no reason."""

    code = "model_edit_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La corrección no encaja con el modelo o no indica el motivo: no se ha cambiado nada. Revísela.")


class DecisionPolicyInvalid(FederatedError):
    """A standing policy that states something that no campaign could be measured by, or too little."""

    code = "standing_policy_invalid"
    kind = ErrorKind.USAGE
    sentence = _(
        "La política de decisión no es válida: para aprobar debe fijar todos los límites. Corríjala y vuelva a fijarla."
    )


class TranscriptInvalid(FederatedError):
    """A transcript of a campaign's rounds that is not one, or whose records do not follow each other."""

    code = "transcript_invalid"
    sentence = _(
        "El registro de rondas del modelo está dañado o no es coherente: no use el modelo y avise a la Gerencia."
    )
