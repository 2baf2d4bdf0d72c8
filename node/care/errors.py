"""Errors of people's cases. `CaseError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class CaseError(RedpactError):
    """Root of the errors of `node.care`."""

    code = "case_error"


class ProfessionalInvalid(CaseError):
    """A reference of a professional that has no valid form, or that is an identity document."""

    code = "professional_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La referencia de la profesional no es válida. Use la clave de personal de la entidad, nunca un DNI.")


class MemberKnown(CaseError):
    """A professional is added to a team in a function that they have there already."""

    code = "case_member_known"
    kind = ErrorKind.USAGE
    sentence = _("Esa profesional ya está en el equipo del caso con esa función.")


class MemberUnknown(CaseError):
    """A professional is removed from a team that they are not on."""

    code = "case_member_unknown"
    kind = ErrorKind.USAGE
    sentence = _("Esa profesional no está ahora en el equipo del caso. Consulte «redpact-node case team list».")


class ActionUnknown(CaseError):
    """An action that the person's case does not have."""

    code = "case_action_unknown"
    kind = ErrorKind.USAGE
    sentence = _("El caso de esa persona no tiene esa acción. Consulte «redpact-node case action list».")


class CaseDateInvalid(CaseError):
    """Text that is no date, or an end before its beginning."""

    code = "case_date_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La fecha no es válida o el final es anterior al principio. Escríbala como AAAA-MM-DD.")


class PageNotWritten(CaseError):
    """A page that cannot be written at the given path."""

    code = "case_page_not_written"
    kind = ErrorKind.USAGE
    sentence = _("No se puede escribir la página. Revise la ruta y el espacio libre.")


class NotOnTheCase(CaseError):
    """A professional outside the team of the case confirms or declines a consent."""

    code = "not_on_the_case"
    sentence = _(
        "Sobre este consentimiento solo decide quien está en el equipo del caso. Consulte "
        "«redpact-node case team list»."
    )


class CaseNotOpen(CaseError):
    """The professional is not on the team of the case, and has not opened it."""

    code = "case_not_open"
    sentence = _("Ese caso no está abierto para usted. Ábralo e indique el motivo.")
