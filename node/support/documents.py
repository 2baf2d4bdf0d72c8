"""The documents of supporters: those of people, and the NIF of a public body."""

import re
from typing import Final

from stdnum.es import cif
from stdnum.exceptions import ValidationError

from node.people.documents import MAX_DOCUMENT_CHARACTERS, Document, DocumentKind, parse_document
from node.people.errors import DocumentInvalid
from presentation.messages import _

PUBLIC_ENTITY: Final = "public_entity"
_BODY: Final = re.compile(r"[PQSGR]\d{7}[0-9A-J]")
"""Letters of Orden EHA/451/2008 for local and public bodies, the State's organs, associations, religious bodies."""


def supporter_document(text: str, relation: str) -> Document:
    """Return the document of a supporter: a person's, or of a public body its NIF.

    Raises:
        DocumentInvalid: neither.
    """
    compact = re.sub(r"[\s.-]", "", text[:MAX_DOCUMENT_CHARACTERS]).upper()
    if relation != PUBLIC_ENTITY or not _BODY.fullmatch(compact):
        return parse_document(text)
    try:
        return Document(DocumentKind.BODY, cif.validate(compact))
    except ValidationError as error:
        raise DocumentInvalid(
            _("la letra del {name} no es correcta", name="NIF"), remedy=_("compruebe los números y la letra")
        ) from error
