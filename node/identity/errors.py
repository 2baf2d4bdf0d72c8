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
    sentence = _("Para dar de alta el nodo hacen falta la invitación (--token-file) y la dirección (--listen).")


class InvitationExposed(IdentityError):
    """An invitation given as an argument, which every user of the machine can read while the program runs."""

    code = "invitation_exposed"
    kind = ErrorKind.USAGE
    sentence = _(
        "La invitación no debe escribirse en la orden: otros usuarios del equipo la verían. Guárdela en un fichero y "
        "use --token-file, o use «--token -» y péguela."
    )


class InvitationUnreadable(IdentityError):
    """A file of an invitation that cannot be read, or is none."""

    code = "invitation_unreadable"
    kind = ErrorKind.USAGE
    sentence = _("No se puede leer el fichero de la invitación. Compruebe la ruta de --token-file.")


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


class KeyNotNamed(IdentityError):
    """``keys rotate`` without the name of a key, or with several."""

    code = "key_not_named"
    kind = ErrorKind.USAGE
    sentence = _("Indique qué clave quiere cambiar, una cada vez. Vea «redpact-node keys rotate --help».")


class NodeInUse(IdentityError):
    """``init`` with an invitation in the home of a node that works, without ``--replace``."""

    code = "node_in_use"
    kind = ErrorKind.USAGE
    sentence = _(
        "Este nodo ya está dado de alta y su certificado es válido: no se ha cambiado nada. Use --replace para "
        "renovarlo con la invitación."
    )


class EnrolmentAnswerInvalid(IdentityError):
    """The coordinator answered with a certificate or directory that is not for this node."""

    code = "enrolment_answer_invalid"
    sentence = _(
        "La respuesta del coordinador no corresponde a este nodo: no se ha aceptado nada. Avise a la Gerencia."
    )
