"""Code lists: the closed sets of values that coded fields take, with their names in Spanish and English."""

from collections.abc import Mapping
from functools import cache, cached_property
from typing import Final

from pydantic import Field, model_validator

from policies.documents import Entry as _Entry
from policies.documents import Labelled, read_document
from policies.terms import find_term
from policies.territory import load_territory
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_CODE_LIST: Final = _("lista de códigos")

MUNICIPALITY = "municipality"
PROVINCE = "province"


class Code(Labelled):
    """One value of a code list."""

    code: str = Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_]+$")
    group: str | None = Field(default=None, max_length=40, description="a heading within the list")


class CodeList(Labelled):
    """A closed list of codes, in the order in which people read it."""

    codes: tuple[Code, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> "CodeList":
        if len(self.by_code) != len(self.codes):
            raise ValueError(_("un código está dos veces"))
        return self

    @cached_property
    def by_code(self) -> Mapping[str, Code]:
        """The codes by their value."""
        return {code.code: code for code in self.codes}

    def __contains__(self, code: object) -> bool:
        return code in self.by_code

    def members(self, group: str) -> tuple[str, ...]:
        """Return the codes under a heading, in order."""
        return tuple(code.code for code in self.codes if code.group == group)


class _Document(_Entry):
    version: str
    lists: Mapping[str, CodeList]


class CodeLists:
    """Every code list by its id; municipalities and provinces included."""

    def __init__(self, version: str, lists: Mapping[str, CodeList]) -> None:
        self.version = version
        self._lists = lists

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the lists."""
        return tuple(self._lists)

    def list(self, list_id: str) -> CodeList:
        """Return a code list.

        Raises:
            UnknownTerm: there is none of that id.
        """
        return find_term(_CODE_LIST, self._lists, list_id)

    def code(self, list_id: str, code: str) -> Code:
        """Return one code of a list.

        Raises:
            UnknownTerm: the list or the code does not exist.
        """
        codes = self.list(list_id).by_code
        return (
            codes[code]
            if code in codes
            else find_term(_("código de la lista «{codes}»", codes=self.list(list_id).title), codes, code)
        )


@cache
def load_codes() -> CodeLists:
    """Return the bundled code lists.

    Raises:
        PolicyDocumentDamaged: the installed documents are unreadable.
    """
    document = read_document("data/codes.yaml", _Document)
    territory = load_territory()
    places = {
        MUNICIPALITY: CodeList(
            es="Municipio (INE)",
            en="Municipality (INE)",
            codes=tuple(Code(code=m.code, es=m.name, en=m.name, group=m.province) for m in territory.municipalities),
        ),
        PROVINCE: CodeList(
            es="Provincia (INE)",
            en="Province (INE)",
            codes=tuple(Code(code=p.code, es=p.name, en=p.name, group=p.iso) for p in territory.provinces),
        ),
    }
    return CodeLists(document.version, {**document.lists, **places})
