"""Errors of changes of who a person is. `PersonChangesError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class PersonChangesError(RedpactError):
    """Root of the errors of `node.person_changes`."""

    code = "person_changes_error"


class PersonChangeInvalid(PersonChangesError):
    """A change that changes nothing, or cannot be."""

    code = "person_change_invalid"
    kind = ErrorKind.USAGE
    sentence = _("Ese cambio no se puede anotar tal como está. Revise los datos indicados.")


class NotMerged(PersonChangesError):
    """Two records are to be split that are not merged, or one put right that was not split."""

    code = "not_merged"
    kind = ErrorKind.USAGE
    sentence = _("Esas fichas no están unidas, o no hay nada que aclarar. No ha cambiado nada.")
