"""Errors of the infrastructure of both services. `RuntimeFault` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class RuntimeFault(RedpactError):
    """Root of the errors of `service`."""

    code = "runtime_fault"
    kind = ErrorKind.DAMAGED


class StorageBusy(RuntimeFault):
    """Another process holds the database for longer than we wait."""

    code = "storage_busy"
    kind = ErrorKind.UNREACHABLE
    sentence = _("La base de datos está ocupada. Espere unos segundos y repita la operación.")


class StorageUnreachable(RuntimeFault):
    """The database server cannot be reached."""

    code = "storage_unreachable"
    kind = ErrorKind.UNREACHABLE
    sentence = _(
        "No se puede conectar con el servidor de la base de datos. Compruebe que funciona y la dirección configurada."
    )


class StorageFull(RuntimeFault):
    """The disk or its quota is full; nothing was changed."""

    code = "storage_full"
    sentence = _("El disco está lleno: no se ha cambiado nada. Libere espacio y repita la operación.")


class StorageDamaged(RuntimeFault):
    """The database file is damaged or is not ours."""

    code = "storage_damaged"
    sentence = _("La base de datos está dañada. Ejecute «doctor» y restaure la última copia de seguridad.")


class StorageOutdated(RuntimeFault):
    """The database schema is not the one this version works with."""

    code = "storage_outdated"
    sentence = _("La base de datos es de otra versión de RedPACT. Ejecute «init» para actualizarla.")


class HomeUnusable(RuntimeFault):
    """The home folder is missing, unreadable or not initialised."""

    code = "home_unusable"
    kind = ErrorKind.USAGE
    sentence = _("La carpeta de trabajo no existe o no está inicializada. Indique --home o ejecute «init» primero.")


class ExtraMissing(RuntimeFault):
    """The libraries of training are not installed: this installation exchanges data and does not train."""

    code = "extra_missing"
    kind = ErrorKind.USAGE
    sentence = _(
        "Esta instalación no tiene las bibliotecas de entrenamiento. Puede ver y rechazar campañas, pero no participar "
        "en ellas. Instálelas con «pip install 'redpact[federated]'»."
    )


class SettingsInvalid(RuntimeFault):
    """The settings file does not validate."""

    code = "settings_invalid"
    kind = ErrorKind.USAGE
    sentence = _("El fichero de configuración tiene un error. Corrija el valor indicado.")


class PeerUnreachable(RuntimeFault):
    """No answer from the other side: network, TLS or deadline."""

    code = "peer_unreachable"
    kind = ErrorKind.UNREACHABLE
    sentence = _("La otra entidad no responde. Inténtelo más tarde.")

    def __init__(self, message: str, *, remedy: str = "", answered: bool = False, peer_code: str = "") -> None:
        """Create the error; `answered` says that the other side did answer, but cannot serve the call now."""
        super().__init__(message, remedy=remedy)
        self.answered = answered
        self.peer_code = peer_code


class PeerSilent(PeerUnreachable):
    """The call left and no usable answer came in time: the other side may have received it, or not."""

    code = "peer_silent"
    sentence = _("La petición salió y la otra entidad no ha dado respuesta: quizá la recibió. Inténtelo más tarde.")


class CallUnknown(RuntimeFault):
    """A call that the service does not offer."""

    code = "call_unknown"
    kind = ErrorKind.REFUSED
    sentence = _("El servicio no ofrece esta llamada. Compruebe que ambas partes usan versiones compatibles.")


class PeerRefused(RuntimeFault):
    """The other side refused; the message carries its public reason."""

    code = "peer_refused"
    kind = ErrorKind.REFUSED
    sentence = _("La otra entidad ha denegado la petición.")

    def __init__(self, message: str, *, remedy: str = "", peer_code: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.peer_code = peer_code


class PeerBusy(PeerUnreachable):
    """The other side takes no more calls from us for `retry_after` seconds."""

    code = "peer_busy"
    sentence = _(
        "La otra entidad está ocupada, o ya ha atendido demasiadas peticiones de esta. Repítala dentro de un momento."
    )

    def __init__(self, message: str, *, remedy: str = "", retry_after: float = 1.0) -> None:
        super().__init__(message, remedy=remedy, answered=True)
        self.retry_after = retry_after


class TooManyCalls(RuntimeFault):
    """A caller that exceeds its limits; `retry_after` is the wait before another try, in seconds."""

    code = "too_many_calls"
    kind = ErrorKind.UNREACHABLE
    sentence = _("Demasiadas llamadas seguidas o a la vez. Espere el tiempo indicado y repita la llamada.")

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(
            message, remedy=_("vuelva a intentarlo dentro de {retry_after:.1f} segundos", retry_after=retry_after)
        )
        self.retry_after = retry_after


class CallTooLarge(RuntimeFault):
    """A request that exceeds the size limit of its method."""

    code = "call_too_large"
    kind = ErrorKind.REFUSED
    sentence = _("El mensaje es demasiado grande para esta llamada y no se ha leído.")


class PeerUnidentified(RuntimeFault):
    """A caller whose certificate names no entity of this network."""

    code = "peer_unidentified"
    kind = ErrorKind.REFUSED
    sentence = _("No se reconoce el certificado de la entidad que llama.")


class CertificateRevoked(RuntimeFault):
    """A caller's certificate that was revoked, or that the network never recorded."""

    code = "certificate_revoked"
    kind = ErrorKind.REFUSED
    sentence = _(
        "El certificado de quien llama está anulado o no consta en la red. Un nodo activo lo renueva por sí solo; si "
        "no lo consigue, pida una invitación a la Gerencia."
    )


class CertificateUnusable(RuntimeFault):
    """The TLS certificate, or the list of trusted CAs, cannot be used."""

    code = "certificate_unusable"
    sentence = _(
        "El certificado del servicio no se puede usar. Pida una nueva invitación a la Gerencia y ejecute «init»."
    )


class AddressInUse(RuntimeFault):
    """The address to listen on cannot be bound."""

    code = "address_in_use"
    kind = ErrorKind.USAGE
    sentence = _("No se puede abrir el puerto indicado. Elija otro, o cierre el programa que lo ocupa.")


class PeerUntrusted(RuntimeFault):
    """TLS failed: another certificate authority, another name, or an expired certificate, on either side."""

    code = "peer_untrusted"
    kind = ErrorKind.REFUSED
    sentence = _("No se puede confiar en el certificado de la otra parte. No se ha enviado nada. Ejecute «doctor».")


class DatabasePasswordExposed(RuntimeFault):
    """A password in an argument, which every user of the machine can read while the program runs."""

    code = "database_password_exposed"
    kind = ErrorKind.USAGE
    sentence = _(
        "La contraseña de la base de datos no debe escribirse en la orden: otros usuarios del equipo la verían. "
        "Póngala en el fichero de contraseñas de PostgreSQL (.pgpass)."
    )
