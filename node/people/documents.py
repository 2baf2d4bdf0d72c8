"""Documents that identify people: DNI, NIE, NIF of a natural person, passports and linkage codes, in one normal form.

Two entities recognise the same person only if they write the document the same way. The check letters are
python-stdnum's (Orden INT/2058/2008 for the NIE, Real Decreto 1553/2005 for the DNI, Orden EHA/451/2008 for the NIF
that begins with K, L or M: of Spaniards under 14 and abroad, and of foreigners without a NIE). A right letter excludes
a slip; it does not prove the person's identity.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stdnum.es import dni, nie, nif
from stdnum.exceptions import InvalidChecksum, ValidationError
from typing_extensions import override

from node.people.errors import DocumentInvalid
from node.people.linkage_code import ALPHABET, PREFIX, SYMBOLS, check_symbol_matches
from presentation.issuing_states import issuing_states
from presentation.messages import _

MAX_DOCUMENT_CHARACTERS: Final = 40
_DNI_SHAPE: Final = re.compile(r"\d{1,8}[A-Z]?")
_NIE_SHAPE: Final = re.compile(r"[XYZ]\d{1,7}[A-Z]?")
_NIF_SHAPE: Final = re.compile(r"[KLM]\d{1,7}[A-Z]?")
_PASSPORT_SHAPE: Final = re.compile(r"PAS:(?P<state>[A-Z]{3}):[A-Z0-9]{5,15}")
_LINKAGE_SHAPE: Final = re.compile(rf"{PREFIX}[A-Z0-9]{{{SYMBOLS}}}")
_SEPARATORS: Final = re.compile(r"[\s.\-–/]")  # noqa: RUF001 - people paste documents with a typographic dash
_DIGITS_OF_DNI: Final = 8
_DIGITS_OF_NIE: Final = 7


class DocumentKind(StrEnum):
    """The documents that identify a person in the network."""

    DNI = "dni"
    NIE = "nie"
    NIF = "nif"
    """Of a natural person without DNI and NIE; it begins with K, L or M."""
    PASSPORT = "passport"
    LINKAGE = "linkage"
    """A code that an entity issued to a person without papers; see `node.people.linkage_code`."""
    BODY = "body"
    """The NIF of a public body that supports somebody; it identifies no person, and `parse_document` takes none."""


@dataclass(frozen=True, slots=True)
class Document:
    """A validated document in normal form. Build it with `parse_document`."""

    kind: DocumentKind
    number: str

    @property
    def canonical(self) -> str:
        """``kind|number``, the input of blind indexes and network pseudonyms."""
        return f"{self.kind.value}|{self.number}"

    @property
    def masked(self) -> str:
        """The document with only its last four characters readable."""
        return "*" * (len(self.number) - 4) + self.number[-4:]

    @override
    def __str__(self) -> str:
        return self.number


def parse_document(text: str) -> Document:
    """Return the document in `text`; spaces, dots, dashes, case and leading zeros do not matter.

    A passport is written ``PAS:<ISO 3166 three-letter country>:<number>``, for numbers repeat between countries; a
    linkage code as on its card, ``RP-XXXXXX-XXXXXX-XXXXXX``.

    Raises:
        DocumentInvalid: `text` is no valid document. The message never repeats it.
    """
    if len(text) > MAX_DOCUMENT_CHARACTERS:
        raise DocumentInvalid(
            _(
                "el documento tiene más de {max_document_characters} caracteres",
                max_document_characters=MAX_DOCUMENT_CHARACTERS,
            ),
            remedy=_("indique un solo documento"),
        )
    compact = _SEPARATORS.sub("", text).upper()
    if not compact:
        raise DocumentInvalid(_("el documento está vacío"), remedy=_("indique un DNI, un NIE o PAS:<país>:<número>"))
    if _DNI_SHAPE.fullmatch(compact):
        return Document(DocumentKind.DNI, _checked(dni.validate, _padded(compact, 0, _DIGITS_OF_DNI), "DNI"))
    if _NIE_SHAPE.fullmatch(compact):
        return Document(DocumentKind.NIE, _checked(nie.validate, _padded(compact, 1, _DIGITS_OF_NIE), "NIE"))
    if _NIF_SHAPE.fullmatch(compact):
        return Document(DocumentKind.NIF, _checked(nif.validate, _padded(compact, 1, _DIGITS_OF_NIE), "NIF"))
    if passport := _PASSPORT_SHAPE.fullmatch(compact):
        return Document(DocumentKind.PASSPORT, _issued(passport["state"], compact))
    if _LINKAGE_SHAPE.fullmatch(compact):
        return Document(DocumentKind.LINKAGE, _checked_linkage(compact))
    raise DocumentInvalid(
        _(
            "no tiene la forma de un DNI (12345678Z), un NIE (X1234567L), un NIF (K1234567L), un pasaporte "
            "(PAS:FRA:12AB34567) ni un código de enlace (RP-...)"
        ),
        remedy=_("compruebe el documento; los pasaportes extranjeros necesitan el prefijo PAS: y el país"),
    )


def stored_document(number: str) -> Document:
    """Return the document of a stored number, in the normal form in which it was taken in.

    A passport of before its state was checked stays the person's key.

    Raises:
        DocumentInvalid: as `parse_document`.
    """
    return Document(DocumentKind.PASSPORT, number) if _PASSPORT_SHAPE.fullmatch(number) else parse_document(number)


def _issued(state: str, compact: str) -> str:
    if state not in issuing_states():
        raise DocumentInvalid(
            _("{state} no es el código de un país", state=state),
            remedy=_("escriba las tres letras que figuran en el pasaporte, como PAS:MAR:AB123456"),
        )
    return compact


def _padded(compact: str, prefix: int, digits: int) -> str:
    if not compact[-1].isalpha():
        raise DocumentInvalid(_("falta la letra de control"), remedy=_("añada la letra que figura en el documento"))
    return compact[:prefix] + compact[prefix:-1].zfill(digits) + compact[-1]


def _checked(validate: Callable[[str], str], compact: str, name: str) -> str:
    try:
        return validate(compact)
    except InvalidChecksum as error:
        raise DocumentInvalid(
            _("la letra del {name} no es correcta", name=name), remedy=_("compruebe los números y la letra")
        ) from error
    except ValidationError as error:
        raise DocumentInvalid(
            _("no es un {name} válido", name=name), remedy=_("compruebe los números y la letra")
        ) from error


def _checked_linkage(compact: str) -> str:
    symbols = compact.removeprefix(PREFIX)
    if not set(symbols) <= set(ALPHABET):
        raise DocumentInvalid(
            _("un código de enlace no tiene vocales, ni 0 ni 1"), remedy=_("copie de nuevo el código de la tarjeta")
        )
    if not check_symbol_matches(symbols):
        raise DocumentInvalid(
            _("el código de enlace está mal escrito"), remedy=_("copie de nuevo el código de la tarjeta")
        )
    return compact
