"""Errors of the exchange between nodes. `ExchangeError` is the root."""

from policies.errors import ErrorKind, RedpactError


class ExchangeError(RedpactError):
    """Root of the errors of `records_exchange`."""

    code = "exchange_error"


class RequestInvalid(ExchangeError):
    """A request that cannot be built from what was asked: nothing was sent."""

    code = "request_invalid"
    kind = ErrorKind.USAGE
    es = "La petición no es correcta y no se ha enviado. Revise los datos indicados."


class RequestMalformed(ExchangeError):
    """Signed bytes that are not a request."""

    code = "request_malformed"
    es = "La petición recibida no tiene el formato esperado. Actualice RedPACT en la entidad que pregunta."


class RequestMisaddressed(ExchangeError):
    """A request in the name of another entity than the caller, or meant for another holder."""

    code = "request_misaddressed"
    es = "La petición no corresponde a la entidad que llama, o iba dirigida a otra. Se ha rechazado."


class RequestStale(ExchangeError):
    """A request outside its time of validity."""

    code = "request_stale"
    es = "La petición ha caducado o lleva una hora incorrecta. Compruebe el reloj de los equipos y repítala."


class RequestReplayed(ExchangeError):
    """A request that was already answered."""

    code = "request_replayed"
    es = "Esta petición ya se había recibido y no se atiende dos veces. Haga una consulta nueva."


class PseudonymUnavailable(ExchangeError):
    """The keys of the two entities do not give a shared pseudonym key."""

    code = "pseudonym_unavailable"
    es = "No se puede calcular el seudónimo con la otra entidad: su clave no es válida. Avise a la Gerencia."


class AnswerMalformed(ExchangeError):
    """Signed bytes that are not an answer."""

    code = "answer_malformed"
    es = "La respuesta recibida no tiene el formato esperado: no se muestra. Avise a la otra entidad."


class AnswerUnbound(ExchangeError):
    """An answer to another request, from another holder, or for another asker."""

    code = "answer_unbound"
    es = "La respuesta no corresponde a la petición enviada: no se muestra. Repita la consulta."


class AnswerStale(ExchangeError):
    """An answer dated outside the time in which it was asked for."""

    code = "answer_stale"
    es = "La respuesta lleva una fecha que no corresponde a la consulta. Compruebe el reloj de los equipos y repítala."


class AnswerOverreaches(ExchangeError):
    """An answer with a field not asked for, a value outside the catalogue, or a field left unexplained."""

    code = "answer_overreaches"
    es = "La respuesta contiene datos no pedidos o no permitidos: no se muestra ni se guarda. Avise a la otra entidad."


class EvidenceInvalid(ExchangeError):
    """The proof that the holder logged the release does not verify."""

    code = "evidence_invalid"
    es = "La otra entidad no prueba que anotara la cesión en su registro: no se muestra. Avise a su delegado de datos."


class MessageMalformed(ExchangeError):
    """Signed bytes that are not a message, or of a kind or content that this version does not know."""

    code = "message_malformed"
    es = "El mensaje recibido no tiene el formato esperado. Actualice RedPACT en las dos entidades."


class MessageMisaddressed(ExchangeError):
    """A message in the name of another entity than the caller, or meant for another one."""

    code = "message_misaddressed"
    es = "El mensaje no corresponde a la entidad que llama, o iba dirigido a otra. Se ha rechazado."


class MessageStale(ExchangeError):
    """A message outside its time of validity."""

    code = "message_stale"
    es = "El mensaje ha caducado o lleva una hora incorrecta. Compruebe el reloj de los equipos."


class MessageReplayed(ExchangeError):
    """A question that was already answered, or another content under the id of an earlier message."""

    code = "message_replayed"
    es = "Este mensaje ya se había recibido y no se atiende dos veces."


class ReplyMalformed(ExchangeError):
    """Signed bytes that are not a reply."""

    code = "reply_malformed"
    es = "La contestación de la otra entidad no tiene el formato esperado. Se volverá a intentar."


class ReplyUnbound(ExchangeError):
    """A reply to another message, or of another entity."""

    code = "reply_unbound"
    es = "La contestación no corresponde al mensaje enviado. Se volverá a intentar."


class CopyInvalid(ExchangeError):
    """A consent sent by another entity that is not proved, or not for us."""

    code = "copy_invalid"
    es = "El consentimiento enviado por otra entidad no se puede comprobar: no se aplica. Avise a protección de datos."


class CopyNotCosigned(ExchangeError):
    """A consent sent by another entity that too few witnesses have cosigned so far."""

    code = "copy_not_cosigned"
    es = "El consentimiento enviado por otra entidad aún no tiene testigos suficientes. Se volverá a enviar solo."
