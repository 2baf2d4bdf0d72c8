"""Errors of households and their members. `HouseholdError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class HouseholdError(RedpactError):
    """Root of the errors of `node.households`."""

    code = "household_error"


class HouseholdInvalid(HouseholdError):
    """A reference, a period or a role that cannot be."""

    code = "household_invalid"
    kind = ErrorKind.USAGE
    sentence = _("Los datos del hogar no son correctos. Corrija el dato indicado.")


class HouseholdUnknown(HouseholdError):
    """A household, or a place in it, that is not on record."""

    code = "household_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No consta ese hogar, o la persona no vive en él. Compruebe la referencia del hogar.")


class AlreadyInHousehold(HouseholdError):
    """The person lives in a household already, and two are for shared custody only."""

    code = "already_in_household"
    kind = ErrorKind.USAGE
    sentence = _("La persona ya vive en un hogar. Indique que se muda o, de un menor, que la custodia es compartida.")
