"""Errors of pages and of the accounts that use them. `WebError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class WebError(RedpactError):
    """Root of the errors of `service.web`."""

    code = "web_error"


class LoginRefused(WebError):
    """The login was refused. The journal has the reason; it is not told, for the client may be guessing."""

    code = "login_refused"
    sentence = _("No se ha podido entrar. Compruebe el usuario, la contraseña y, si lo tiene activado, el código.")


class TooManyAttempts(WebError):
    """Too many logins failed from one address."""

    code = "too_many_attempts"
    kind = ErrorKind.UNREACHABLE
    sentence = _("Demasiados intentos seguidos desde este equipo. Espere un cuarto de hora.")


class AccountUnknown(WebError):
    """There is no account of that name."""

    code = "account_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No existe esa cuenta. Consulte la lista con «redpact-node user list».")


class AccountInvalid(WebError):
    """The account cannot be as it was asked for: its name, its roles, or a name that is taken."""

    code = "account_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La cuenta no puede ser así. Corrija el dato indicado.")


class PasswordWeak(WebError):
    """The new password is too short, too common, or says the name of the account."""

    code = "password_weak"
    kind = ErrorKind.USAGE
    sentence = _("La contraseña no es lo bastante segura. Elija otra.")


class FactorCodeWrong(WebError):
    """The code of the second factor is wrong, or was used before."""

    code = "factor_code_wrong"
    sentence = _("El código no es correcto. Escriba el que la aplicación muestra ahora.")


class ReferenceUnknown(WebError):
    """A reference in an address does not belong to this login."""

    code = "reference_unknown"
    kind = ErrorKind.USAGE
    sentence = _("Esta dirección ya no sirve: era de otra sesión. Busque de nuevo.")


class FormInvalid(WebError):
    """The form that was sent is not one of these pages'."""

    code = "form_invalid"
    kind = ErrorKind.USAGE
    sentence = _("El formulario no se ha podido leer. Vuelva a la página e inténtelo de nuevo.")
