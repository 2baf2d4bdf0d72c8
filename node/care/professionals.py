"""References of professionals: the entity's own codes for its staff. They stay at the node."""

import re
from typing import Final

from node.care.errors import ProfessionalInvalid
from presentation.messages import _
from records_exchange.request import holds_identity_document

_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}")


def check_professional(text: str) -> str:
    """Return a valid reference of a professional, without the spaces around it.

    Raises:
        ProfessionalInvalid: it has no valid form, or looks like a DNI or NIE. The message does not repeat it.
    """
    reference = text.strip()
    if not _REFERENCE.fullmatch(reference):
        raise ProfessionalInvalid(
            _("la profesional se indica con hasta 64 letras, dígitos y . _ : / -"),
            remedy=_("indique --professional, o defina REDPACT_PROFESSIONAL"),
        )
    if holds_identity_document(reference):
        raise ProfessionalInvalid(
            _("no se puede identificar a una profesional con un documento de identidad"),
            remedy=_("use la clave de personal de la entidad"),
        )
    return reference
