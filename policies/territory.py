"""The provinces and municipalities of Castilla y León, by their INE codes.

Municipalities come from es-atlas 0.6.0 (code: MIT), derived from data © Instituto Geográfico Nacional, CC BY 4.0: a
snapshot of about 2018, before which no merger of municipalities is missing.
"""

import csv
import io
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Final

from pydantic import Field

from policies.documents import Entry, read_document, read_text
from policies.errors import PolicyDocumentDamaged
from policies.terms import find_term
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_PROVINCE: Final = _("provincia")
_MUNICIPALITY: Final = _("municipio")

REGION: Final = "ES-CL"
"""ISO 3166-2 code of Castilla y León."""


class Province(Entry):
    """A province: INE code, ISO 3166-2 code, name, and number of municipalities."""

    code: str = Field(pattern=r"^[0-9]{2}$")
    iso: str = Field(pattern=r"^ES-[A-Z]{1,2}$")
    name: str
    municipalities: int = Field(gt=0)


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality: INE code of five digits, name, and the INE code of its province."""

    code: str
    name: str
    province: str


class _Document(Entry):
    version: str
    provinces: tuple[Province, ...]


class Territory:
    """Provinces and municipalities, each in the order of their codes."""

    def __init__(self, version: str, provinces: tuple[Province, ...], municipalities: tuple[Municipality, ...]) -> None:
        self.version = version
        self.provinces = provinces
        self.municipalities = municipalities
        self._provinces = {province.code: province for province in provinces}
        self._municipalities = {municipality.code: municipality for municipality in municipalities}
        self._by_province = {
            code: tuple(members) for code, members in groupby(municipalities, key=lambda each: each.province)
        }

    def province(self, code: str) -> Province:
        """Return a province by its INE code.

        Raises:
            UnknownTerm: it is not of Castilla y León.
        """
        return find_term(_PROVINCE, self._provinces, code)

    def municipality(self, code: str) -> Municipality:
        """Return a municipality by its INE code.

        Raises:
            UnknownTerm: it is not of Castilla y León.
        """
        return find_term(_MUNICIPALITY, self._municipalities, code)

    def of_province(self, code: str) -> tuple[Municipality, ...]:
        """Return the municipalities of a province.

        Raises:
            UnknownTerm: the province is not of Castilla y León.
        """
        return self._by_province[self.province(code).code]


@cache
def load_territory() -> Territory:
    """Return the bundled territory.

    Raises:
        PolicyDocumentDamaged: the documents are unreadable, or a province lacks a municipality.
    """
    document = read_document("data/provinces.yaml", _Document)
    rows = csv.reader(io.StringIO(read_text("data/municipalities.csv")))
    next(rows, None)
    try:
        municipalities = tuple(Municipality(code, name, province) for code, name, province in rows)
    except ValueError as error:
        raise PolicyDocumentDamaged(
            _("municipalities.csv: una línea no tiene código, nombre y provincia"), remedy=_("reinstale RedPACT")
        ) from error
    counted = {code: len(tuple(group)) for code, group in groupby(municipalities, key=lambda each: each.province)}
    if counted != {province.code: province.municipalities for province in document.provinces}:
        raise PolicyDocumentDamaged(
            _("municipalities.csv: faltan los municipios de una provincia"), remedy=_("reinstale RedPACT")
        )
    return Territory(document.version, document.provinces, municipalities)
