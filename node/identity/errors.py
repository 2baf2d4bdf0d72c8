"""Errors of a node's membership of the network. `IdentityError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class IdentityError(RedpactError):
    """Root of the errors of `node.identity`."""

    code = "identity_error"


class InvitationNeeded(IdentityError):
    """``init`` of a new home without an invitation or without a listening address."""

    code = "invitation_needed"
    kind = ErrorKind.USAGE
    sentence = _("Para dar de alta el nodo hacen falta la invitación (--token) y la dirección (--listen).")


class InvitationRefused(IdentityError):
    """The coordinator refuses the invitation: used, expired, or never made."""

    code = "invitation_refused"
    sentence = _(
        "El coordinador no acepta la invitación: ya se utilizó, caducó o no es suya. Pida una nueva a la Gerencia."
    )


class NodeExists(IdentityError):
    """``init`` with an invitation for another network or entity than that of the home."""

    code = "node_exists"
    kind = ErrorKind.USAGE
    sentence = _("La carpeta ya pertenece a otra entidad o a otra red. Use otra carpeta.")


class EnrolmentAnswerInvalid(IdentityError):
    """The coordinator answered with a certificate or directory that is not for this node."""

    code = "enrolment_answer_invalid"
    sentence = _(
        "La respuesta del coordinador no corresponde a este nodo: no se ha aceptado nada. Avise a la Gerencia."
    )
