"""The two files of a catalogue, ``.po`` for people and ``.mo`` for programs: the same messages give the same bytes."""

from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from presentation.catalogue import DOMAIN, LOCALES

LANGUAGE: Final = "en"
PO: Final = LOCALES / LANGUAGE / "LC_MESSAGES" / f"{DOMAIN}.po"
MO: Final = PO.with_suffix(".mo")
_HEADER: Final = "# English of RedPACT. The messages are Spanish. Written by `make words`; fill in the empty ones."


class Plain(Catalog):
    """A catalogue whose header has no dates and no versions, so that a file changes only when a message does."""

    def _get_mime_headers(self) -> list[tuple[str, str]]:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return [
            ("Language", LANGUAGE),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", "nplurals=2; plural=(n != 1);"),
        ]

    mime_headers = property(_get_mime_headers, Catalog._set_mime_headers)  # noqa: SLF001 - Babel's own setter


def empty() -> Catalog:
    """Return a catalogue without messages."""
    return Plain(locale=LANGUAGE, domain=DOMAIN, header_comment=_HEADER, charset="utf-8", fuzzy=False)


def read(path: Path) -> Catalog:
    """Return the catalogue of a ``.po`` file."""
    with path.open("rb") as stream:
        found = read_po(stream, locale=LANGUAGE, domain=DOMAIN)
    catalog = empty()
    for message in found:
        if message.id:
            catalog.add(message.id, message.string, message.locations, message.flags)
    catalog.obsolete.update(found.obsolete)
    return catalog


def as_po(catalog: Catalog) -> bytes:
    """Return the ``.po`` file: sorted by message, files without line numbers."""
    stream = BytesIO()
    write_po(stream, catalog, width=0, sort_output=True, include_lineno=False)
    return stream.getvalue()


def as_mo(catalog: Catalog) -> bytes:
    """Return the ``.mo`` file."""
    stream = BytesIO()
    write_mo(stream, catalog)
    return stream.getvalue()
