"""Results of a located fetch, for people and for programs."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from node.fetch.located import LocatedFetch
from node.fetch.report import exit_code, fetched_document, fetched_text
from node.messages.no_answer import no_answer_label, reason_of
from policies.errors import EXIT_CODES, ErrorKind
from presentation.messages import Message, _, joined, plural, speaking
from presentation.terminal import paragraph


def located_exit_code(found: LocatedFetch) -> int:
    """Return 1 when the locator named nobody, else as for a fetch from named entities."""
    return exit_code(found.fetched) if found.fetched.replies else EXIT_CODES[ErrorKind.REFUSED]


def located_document(found: LocatedFetch) -> dict[str, Any]:
    """Return the JSON document: that of a fetch, with the answer of the locator."""
    located = found.located
    return {
        **fetched_document(found.fetched),
        "located": {"holders": list(located.holders), "more": located.more, "unlisted": located.unlisted},
        "partial": found.partial,
        "exit_code": located_exit_code(found),
    }


def located_text(found: LocatedFetch, *, lang: str = "es") -> str:
    """Return the result of the fetch, or that no entity is known, and the parts that are missing."""
    say = speaking(lang)
    lines = [fetched_text(found.fetched, lang=lang)] if found.fetched.replies else [paragraph(say(_NOBODY))]
    if found.partial:
        lines.append(paragraph(say("Respuesta parcial: {causes}.", causes=joined(_causes(found), "; "))))
    return "\n".join(lines)


def _causes(found: LocatedFetch) -> Iterator[Message]:
    replies, located = found.fetched.replies, found.located
    failed = Counter(reason_of(reply.error) for reply in replies if reply.error is not None)
    for reason, count in failed.items():
        yield _("{count} de {named}: {why}", count=count, named=len(replies), why=no_answer_label(reason))
    if located.more:
        yield _("hay más entidades de las que el localizador nombra de una vez (use --from)")
    if located.unlisted:
        yield plural(
            "{n} entidad nombrada no figura activa en el directorio de este nodo",
            "{n} entidades nombradas no figuran activas en el directorio de este nodo",
            located.unlisted,
        )


_NOBODY: Final = _(
    "No consta ninguna entidad con datos de esta persona que pueda compartir con la suya para esta finalidad."
)
