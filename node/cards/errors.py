"""Errors of cards. `CardsError` is the root."""

from policies.errors import ErrorKind, RedpactError
from presentation.messages import _


class CardsError(RedpactError):
    """Root of the errors of `node.cards`."""

    code = "cards_error"


class CardTermsInvalid(CardsError):
    """A card was asked for with codes that none can have: too many, for no purpose, or above P3."""

    code = "card_terms_invalid"
    kind = ErrorKind.USAGE
    sentence = _("La tarjeta no puede llevar esos códigos. Revise cuántos son, para qué y hasta qué datos.")


class CardUnknown(CardsError):
    """No card with that serial, or the person has none."""

    code = "card_unknown"
    kind = ErrorKind.USAGE
    sentence = _("No existe esa tarjeta. Consulte las que hay con «redpact-node card list».")


class CardFileTaken(CardsError):
    """There is a file of the name under which a card is to be written; nothing was issued."""

    code = "card_file_taken"
    kind = ErrorKind.USAGE
    sentence = _("Ya hay un fichero con ese nombre. Elija otro: no se ha dado ninguna tarjeta.")
