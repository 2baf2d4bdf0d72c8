"""Look a term up; for a mistyped one, suggest the closest."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TypeVar

from policies.errors import UnknownTerm
from presentation.messages import _

_MAX_SHOWN = 12
_T = TypeVar("_T")


def find_term(kind: str, terms: Mapping[str, _T], name: str) -> _T:
    """Return the term called `name`.

    Args:
        kind: of the term, for the message.
        terms: every term of that kind by its id.
        name: the id that is looked up.

    Raises:
        UnknownTerm: there is none; the remedy names the closest ids, or all of a short list.
    """
    if name in terms:
        return terms[name]
    shown = name if len(name) <= 80 else name[:77] + "..."  # noqa: PLR2004 - a line of a terminal
    raise UnknownTerm(
        _("no existe {shown!r} en la clase de términos «{kind}»", kind=kind, shown=shown),
        remedy=_suggestion(kind, terms, shown),
    )


def _suggestion(kind: str, terms: Mapping[str, object], name: str) -> str:
    close = get_close_matches(name, terms, n=3, cutoff=0.5)
    if close:
        return _("¿quería decir {close}?", close=", ".join(close))
    if len(terms) <= _MAX_SHOWN:
        return _("términos de la clase «{kind}»: {terms}", kind=kind, terms=", ".join(sorted(terms)))
    return _("consulte redpact-node vocabulary")
