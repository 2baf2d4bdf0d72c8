"""Provisions under the codes of different lists, and the needs that they answer: a proposal, see the document."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Final

from pydantic import Field

from policies.codes import CodeLists, load_codes
from policies.documents import Entry, Labelled, read_document
from policies.errors import PolicyDocumentDamaged
from policies.terms import find_term
from presentation.messages import _

# Made once, as terms are looked up many times a request.
_PROVISION: Final = _("prestación")

NEED = "need"


class Repeated(StrEnum):
    """The meaning of one provision at two entities in the same period."""

    DUPLICATE = "duplicate"
    EXPECTED = "expected"
    SAME_PAYER = "same_payer"


class Provision(Labelled):
    """A benefit, resource or action that a person receives, under the codes of each list."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    benefits: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    repeated: Repeated

    def codes(self) -> Iterator[tuple[str, str]]:
        """Yield the (code list, code) pairs that stand for it."""
        for list_id, codes in (
            ("benefit", self.benefits),
            ("resource", self.resources),
            ("intervention", self.actions),
        ):
            yield from ((list_id, code) for code in codes)


class _Document(Entry):
    version: str
    provisions: tuple[Provision, ...]


class Provisions:
    """Every provision, found by its codes and by the needs it answers."""

    def __init__(self, version: str, provisions: tuple[Provision, ...], lists: CodeLists) -> None:
        self.version = version
        self.provisions = provisions
        self._by_id = {provision.id: provision for provision in provisions}
        self._by_code: Mapping[tuple[str, str], Provision] = {
            pair: provision for provision in provisions for pair in provision.codes()
        }
        named = [pair for provision in provisions for pair in provision.codes()]
        named += [(NEED, need) for provision in provisions for need in provision.needs]
        for list_id, code in named:
            if code not in lists.list(list_id):
                raise PolicyDocumentDamaged(
                    _("provisions.yaml: {list_id} no tiene el código {code!r}", list_id=list_id, code=code)
                )
        if len(self._by_code) != sum(1 for provision in provisions for _ in provision.codes()):
            raise PolicyDocumentDamaged(_("provisions.yaml: un código aparece en dos prestaciones"))

    def provision(self, provision_id: str) -> Provision:
        """Return a provision.

        Raises:
            UnknownTerm: there is none of that id.
        """
        return find_term(_PROVISION, self._by_id, provision_id)

    def of_code(self, list_id: str, code: str) -> Provision | None:
        """Return the provision that a code of a list stands for, or None."""
        return self._by_code.get((list_id, code))

    def answering(self, need: str) -> tuple[Provision, ...]:
        """Return the provisions that answer a need."""
        return tuple(provision for provision in self.provisions if need in provision.needs)


@cache
def load_provisions() -> Provisions:
    """Return the bundled mapping, read once.

    Raises:
        PolicyDocumentDamaged: the installed document is unreadable or contradicts the code lists.
    """
    document = read_document("data/provisions.yaml", _Document)
    return Provisions(document.version, document.provisions, load_codes())
