"""Errors of the exchange between nodes. `ExchangeError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class ExchangeError(RedpactError):
    """Root of the errors of `records_exchange`."""

    code = "exchange_error"


class RequestInvalid(ExchangeError):
    """A question without a valid form: nothing was sent."""

    code = "request_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La petición no es correcta y no se ha enviado. Revise los datos indicados.")


class RequestMalformed(ExchangeError):
    """Signed bytes that are not a request."""

    code = "request_malformed"
    sentence = _("La petición recibida no tiene el formato esperado. Actualice RedPACT en la entidad que pregunta.")


class RequestOutdated(ExchangeError):
    """A request of an older version, without the way of access to the case."""

    code = "request_outdated"
    sentence = _(
        "La petición no dice cómo se accede al caso: viene de una versión anterior. Actualice RedPACT en la "
        "entidad que pregunta y repítala."
    )


class IdentityCheckUnknown(ExchangeError):
    """Check values of a person in a form that this version does not know."""

    code = "identity_check_unknown"
    sentence = _(
        "La otra entidad compara la identidad de la persona de una forma que esta versión no conoce. Actualice "
        "RedPACT en las dos entidades y repita la operación."
    )


class RequestMisaddressed(ExchangeError):
    """A request in the name of another entity than the caller, or meant for another holder."""

    code = "request_misaddressed"
    sentence = _("La petición no corresponde a la entidad que llama, o iba dirigida a otra. Se ha rechazado.")


class RequestStale(ExchangeError):
    """A request outside its time of validity."""

    code = "request_stale"
    sentence = _("La petición ha caducado o lleva una hora incorrecta. Compruebe el reloj de los equipos y repítala.")


class RequestReplayed(ExchangeError):
    """A request that was already answered."""

    code = "request_replayed"
    sentence = _("Esta petición ya se había recibido y no se atiende dos veces. Haga una consulta nueva.")


class PseudonymUnavailable(ExchangeError):
    """The keys of the two entities do not give a shared pseudonym key."""

    code = "pseudonym_unavailable"
    sentence = _("No se puede calcular el seudónimo con la otra entidad: su clave no es válida. Avise a la Gerencia.")


class AnswerMalformed(ExchangeError):
    """Signed bytes that are not an answer."""

    code = "answer_malformed"
    sentence = _("La respuesta recibida no tiene el formato esperado: no se muestra. Avise a la otra entidad.")


class AnswerUnbound(ExchangeError):
    """An answer to another request, from another holder, or for another asker."""

    code = "answer_unbound"
    sentence = _("La respuesta no corresponde a la petición enviada: no se muestra. Repita la consulta.")


class AnswerStale(ExchangeError):
    """An answer dated before its request or after the present."""

    code = "answer_stale"
    sentence = _(
        "La respuesta lleva una fecha que no corresponde a la consulta. Compruebe el reloj de los equipos y "
        "repita la consulta."
    )


class AnswerOverreaches(ExchangeError):
    """An answer with a field not asked for, a value outside the catalogue, or a requested field missing."""

    code = "answer_overreaches"
    sentence = _(
        "La respuesta contiene datos no pedidos o no permitidos: no se muestra ni se guarda. Avise a la otra entidad."
    )


class EvidenceInvalid(ExchangeError):
    """The proof that the holder logged the release does not verify."""

    code = "evidence_invalid"
    sentence = _(
        "La otra entidad no prueba que anotara la cesión en su registro: la respuesta no se muestra. Avise a "
        "su persona delegada de protección de datos."
    )


class MessageMalformed(ExchangeError):
    """Signed bytes that are no message, or one of a kind or content that this version does not know."""

    code = "message_malformed"
    sentence = _("El mensaje recibido no tiene el formato esperado. Actualice RedPACT en las dos entidades.")


class MessageMisaddressed(ExchangeError):
    """A message in the name of another entity than the caller, or meant for another one."""

    code = "message_misaddressed"
    sentence = _("El mensaje no corresponde a la entidad que llama, o iba dirigido a otra. Se ha rechazado.")


class MessageStale(ExchangeError):
    """A message outside its time of validity."""

    code = "message_stale"
    sentence = _("El mensaje ha caducado o lleva una hora incorrecta. Compruebe el reloj de los equipos.")


class MessageReplayed(ExchangeError):
    """A question that was already answered, or another content under the id of an earlier message."""

    code = "message_replayed"
    sentence = _("Este mensaje ya se había recibido y no se atiende dos veces.")


class ReplyMalformed(ExchangeError):
    """Signed bytes that are not a reply."""

    code = "reply_malformed"
    sentence = _("La contestación de la otra entidad no tiene el formato esperado. Se volverá a intentar.")


class ReplyUnbound(ExchangeError):
    """A reply to another message, or of another entity."""

    code = "reply_unbound"
    sentence = _("La contestación no corresponde al mensaje enviado. Se volverá a intentar.")


class CopyInvalid(ExchangeError):
    """A consent sent by another entity that is not proved, or does not name us."""

    code = "copy_invalid"
    sentence = _(
        "El consentimiento enviado por otra entidad no se puede comprobar: no se aplica. Avise a la persona "
        "delegada de protección de datos."
    )


class CopyNotCosigned(ExchangeError):
    """A consent sent by another entity that too few witnesses have cosigned so far."""

    code = "copy_not_cosigned"
    sentence = _(
        "El consentimiento enviado por otra entidad aún no tiene testigos suficientes. Se volverá a enviar "
        "automáticamente."
    )


class CodeMalformed(ExchangeError):
    """A text that is no code of a person's card; nothing was sent."""

    code = "code_malformed"
    kind = ErrorKind.USAGE
    sentence = _("El código de la tarjeta no está bien escrito. Cópielo de nuevo, o lea el QR.")


class ESignatureUnavailable(ExchangeError):
    """A signed form came, and the library that verifies it is not installed."""

    code = "e_signature_unavailable"
    sentence = _("Aquí no se pueden comprobar firmas electrónicas: falta instalar una parte de RedPACT.")


class FormSignatureInvalid(ExchangeError):
    """A signed form does not verify, or does not show its terms."""

    code = "form_signature_invalid"
    sentence = _("La firma electrónica del formulario no vale para este consentimiento: no abre nada.")


class CopyTooEarly(ExchangeError):
    """A consent sent by another entity whose entry there is dated ahead of our clock."""

    code = "copy_too_early"
    sentence = _(
        "El consentimiento enviado por otra entidad lleva una fecha futura: no se aplica hasta entonces. Compruebe los "
        "relojes de ambas entidades."
    )


class OprfInputInvalid(ExchangeError):
    """An input, seed or length that RFC 9497 does not take."""

    code = "oprf_input_invalid"
    kind = ErrorKind.USAGE
    sentence = _(
        "El dato con el que se calcula el seudónimo de red no es válido. Revise el documento de identidad indicado."
    )


class OprfValueInvalid(ExchangeError):
    """Bytes that are no element or scalar of the group, or its identity or zero."""

    code = "oprf_value_invalid"
    sentence = _("Se ha recibido un valor criptográfico que no es válido: no se ha usado. Avise a la Gerencia.")


class OprfProofInvalid(ExchangeError):
    """The key holder does not prove that it used the key of the directory."""

    code = "oprf_proof_invalid"
    sentence = _(
        "El localizador no prueba que usara la clave publicada en el directorio: no se ha preguntado "
        "nada. Avise a la Gerencia."
    )


class LocatorMessageMalformed(ExchangeError):
    """Signed bytes that are no message between a node and the locator."""

    code = "locator_message_malformed"
    sentence = _("El mensaje del localizador no tiene el formato esperado. Actualice RedPACT en los dos equipos.")


class SealBroken(ExchangeError):
    """Bytes from the relay that do not open: changed, cut, or sealed for another call or recipient."""

    code = "seal_broken"
    sentence = _(
        "Lo recibido por el repetidor no se puede descifrar: llegó alterado o no era para esta entidad. No se ha usado."
    )


class SealImpossible(ExchangeError):
    """A call that cannot be sealed: it is too large, or the other entity's key is not usable."""

    code = "seal_impossible"
    sentence = _(
        "No se puede cifrar el envío para el repetidor. Si es por su tamaño, la otra entidad necesita "
        "publicar una dirección."
    )


class LocatorQuotaExceeded(ExchangeError):
    """An entity has asked as much as it may in an hour or a day."""

    code = "locator_quota_exceeded"
    sentence = _("La entidad ha agotado su cupo de consultas al localizador. Espere, o pregunte a entidades concretas.")


class LocatorEpochUnknown(ExchangeError):
    """A question under an epoch that has ended or never began."""

    code = "locator_epoch_unknown"
    sentence = _("La época del localizador ha terminado o no existe. El nodo se pondrá al día con el nuevo directorio.")


class LocatorNotForCollaborators(ExchangeError):
    """A collaborating entity asks; it never sees records (Ley 4/2018, art. 7)."""

    code = "locator_not_for_collaborators"
    sentence = _("Las entidades colaboradoras no ven expedientes y no usan el localizador (Ley 4/2018, art. 7).")


class LocatorKeyDamaged(ExchangeError):
    """The private key of an epoch is missing, or is not the one that the directory names."""

    code = "locator_key_damaged"
    kind = ErrorKind.DAMAGED
    sentence = _(
        "Falta una clave privada de seudónimos, o no es la publicada. Restáurela de la copia de seguridad o cambie "
        "de clave."
    )


class HeldKeyUnproven(ExchangeError):
    """A key of pseudonyms that its stated holder did not sign, or does not have."""

    code = "held_key_unproven"
    sentence = _(
        "Una clave de seudónimos no es, con prueba, de la entidad a la que se atribuye. No se usa; avise a esa entidad "
        "y a la Gerencia."
    )
