"""Errors of federated learning. `FederatedError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _, joined


class FederatedError(RedpactError):
    """Root of the errors of `federated`."""

    code = "federated_error"


class ManifestInvalid(FederatedError):
    """A malformed or inconsistent campaign manifest."""

    code = "manifest_invalid"
    sentence = _("El manifiesto de la campaña no es válido. No lo apruebe y avise a la Gerencia.")


class ManifestChanged(FederatedError):
    """A round requested under another manifest than the approved one."""

    code = "manifest_changed"
    sentence = _("La campaña no coincide con la que su entidad aprobó: no se ha enviado nada. Avise a la Gerencia.")


class CampaignNotApproved(FederatedError):
    """A round of a campaign that this entity has not approved, has refused, or has closed."""

    code = "campaign_not_approved"
    sentence = _("Su entidad no ha aprobado esta campaña: no se ha enviado nada. Revise las campañas pendientes.")


class CampaignDecided(FederatedError):
    """A decision on a campaign that is already decided otherwise, or after its deadline."""

    code = "campaign_decided"
    sentence = _(
        "La campaña ya está decidida o su plazo ha terminado. Consulte las campañas con «redpact-node training list»."
    )


class RoundRefused(FederatedError):
    """A round outside the manifest, out of order, or requested twice with different content."""

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
    """A campaign or round needs more privacy budget than a data set has left."""

    code = "budget_exceeded"
    sentence = _("No queda presupuesto de privacidad suficiente para estos datos: no se ha enviado nada.")


class BudgetUnknown(FederatedError):
    """A data set that has no privacy budget yet."""

    code = "budget_unknown"
    kind = ErrorKind.USAGE
    sentence = _("Estos datos no tienen un límite de privacidad fijado. Fíjelo antes de aprobar campañas.")


class BudgetDamaged(FederatedError):
    """The stored budget is inconsistent: nothing may be spent until it is restored."""

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


class TrainingMessageMalformed(FederatedError):
    """Bytes that are not a valid training message."""

    code = "training_message_malformed"
    sentence = _(
        "Se ha recibido un mensaje de entrenamiento dañado: se ha descartado. Avise a la Gerencia si se repite."
    )


class CohortTooSmall(FederatedError):
    """Fewer entities contributed than the manifest's minimum."""

    code = "cohort_too_small"
    sentence = _("Han participado menos entidades de las necesarias: la campaña se ha detenido.")


class ReleaseInvalid(FederatedError):
    """A malformed model release, or one that does not belong to its manifest."""

    code = "release_invalid"
    sentence = _("El modelo publicado no es válido: no se ha usado. Avise a la Gerencia.")


class KeyStatementInvalid(FederatedError):
    """An unusable masking key, or one that its entity did not sign."""

    code = "masking_key_invalid"
    sentence = _("La clave de suma segura de una entidad no es válida: no se ha enviado nada. Avise a la Gerencia.")


class CohortDisputed(FederatedError):
    """Entities of one campaign were shown different cohorts."""

    code = "cohort_disputed"
    sentence = _(
        "Las entidades de la campaña no han visto la misma cohorte: no se ha enviado nada. Avise a las demás entidades."
    )


class RequiredEntityMissing(FederatedError):
    """Fewer of the anchors that the data-protection officer pinned take part than this node asks for."""

    code = "required_entity_missing"
    sentence = _(
        "En la suma faltan anclas de las que exige su entidad: no se ha enviado nada. Consulte «redpact-node anchors»."
    )


class SumImpossible(FederatedError):
    """An opened sum that people and noise cannot give."""

    code = "sum_impossible"
    sentence = _(
        "Una suma no puede venir de las personas y el ruido acordados: alguna aportación es falsa. No se publica nada."
    )


class SecureSumRefused(FederatedError):
    """A request to open a secure sum that could reveal less than the sum over the minimum cohort."""

    code = "secure_sum_refused"
    sentence = _(
        "Se ha pedido abrir una suma que podría mostrar los datos de una sola entidad: no se ha enviado "
        "nada. Avise a la Gerencia."
    )


class MaskedMessageInvalid(FederatedError):
    """A message of a secure sum that does not follow the protocol."""

    code = "masked_message_invalid"
    sentence = _(
        "Una entidad ha enviado un mensaje de suma segura dañado: se sigue sin ella. Avise a la Gerencia si se repite."
    )

    def __init__(self, message: str, *, entity: str, remedy: str = "") -> None:
        super().__init__(joined((entity, message), ": "), remedy=remedy)
        self.entity = entity


class SumLost(FederatedError):
    """Too many entities dropped out between masking and unmasking: this round's sum can never be opened."""

    code = "secure_sum_lost"
    sentence = _(
        "Demasiadas entidades se han desconectado y la suma de esta ronda se ha perdido: se pasa a la siguiente."
    )


class DuplicateCheckInvalid(FederatedError):
    """An invalid message of the duplicate check."""

    code = "duplicate_check_invalid"
    sentence = _("Ha llegado algo no válido al comprobar qué personas están en varias entidades: no se aporta nada.")


class DuplicateCountWrong(FederatedError):
    """The coordinator's counts of the duplicate check are provably wrong."""

    code = "duplicate_count_wrong"
    sentence = _(
        "El coordinador ha contado mal las personas que están en varias entidades: no se aporta nada. Avise "
        "a la Gerencia."
    )


class EditInvalid(FederatedError):
    """A correction by hand that does not fit the model or has no reason."""

    code = "model_edit_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La corrección no encaja con el modelo o no indica el motivo: no se ha cambiado nada. Revísela.")


class DecisionPolicyInvalid(FederatedError):
    """A decision policy with invalid or missing limits."""

    code = "standing_policy_invalid"
    kind = ErrorKind.USAGE
    sentence = _(
        "La política de decisión no es válida: para aprobar debe fijar todos los límites. Corríjala y vuelva a fijarla."
    )


class TranscriptInvalid(FederatedError):
    """A malformed transcript of a campaign's rounds, or one whose records do not follow each other."""

    code = "transcript_invalid"
    sentence = _(
        "El registro de rondas del modelo está dañado o no es coherente: no use el modelo y avise a la Gerencia."
    )
