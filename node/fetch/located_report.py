"""Results of a located fetch, for people and for programs."""

from typing import Any, Final

from node.fetch.located import LocatedFetch
from node.fetch.report import exit_code, fetched_document, fetched_text
from policies.errors import EXIT_CODES, ErrorKind

_NOBODY: Final = {
    "es": "No consta ninguna entidad con datos de esta persona que pueda compartir con la suya para esta finalidad.",
    "en": "No entity is known that holds anything of this person that it may share with yours for this purpose.",
}
_PARTIAL: Final = {
    "es": "Respuesta parcial: {silent} de {named} entidades no han contestado{more}{unlisted}.",
    "en": "Partial answer: {silent} of {named} entities did not answer{more}{unlisted}.",
}
_MORE: Final = {
    "es": "; hay más entidades de las que el localizador nombra de una vez (use --from)",
    "en": "; there are more entities than the locator names at once (use --from)",
}
_UNLISTED: Final = {
    "es": "; {unlisted} nombradas no figuran activas en el directorio de este nodo",
    "en": "; {unlisted} named are not active in this node's directory",
}


def located_exit_code(found: LocatedFetch) -> int:
    """Return 1 when the locator named nobody, else as for a fetch from named entities."""
    return exit_code(found.fetched) if found.fetched.replies else EXIT_CODES[ErrorKind.REFUSED]


def located_document(found: LocatedFetch) -> dict[str, Any]:
    """Return the JSON document: that of a fetch, with what the locator said."""
    located = found.located
    return {
        **fetched_document(found.fetched),
        "located": {"holders": list(located.holders), "more": located.more, "unlisted": located.unlisted},
        "partial": found.partial,
        "exit_code": located_exit_code(found),
    }


def located_text(found: LocatedFetch, *, lang: str = "es") -> str:
    """Return what a professional reads: the tables of a fetch, or that nobody is known; and what is missing."""
    lang = "en" if lang == "en" else "es"
    replies, located = found.fetched.replies, found.located
    lines = [fetched_text(found.fetched, lang=lang) if replies else _NOBODY[lang]]
    if found.partial:
        silent = sum(reply.error is not None for reply in replies)
        more = _MORE[lang] if located.more else ""
        unlisted = _UNLISTED[lang].format(unlisted=located.unlisted) if located.unlisted else ""
        lines.append(_PARTIAL[lang].format(silent=silent, named=len(replies), more=more, unlisted=unlisted))
    return "\n".join(lines)
