"""The consent form as a PDF whose every byte follows from its document (ISO 32000-1).

Text only, in Helvetica, which every reader has; no image, font, script, annotation or compression. So a holder can
write the pages again and compare them with those that were signed.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from presentation.messages import speaking
from records_exchange.assurance.form_document import FORM_NAME, TITLE, FormDocument

PAGE_WIDTH: Final = 595
PAGE_HEIGHT: Final = 842
SIGNATURE_TOP: Final = 120
"""Height in points of the strip at the foot of each page that stays empty, for a visible signature."""
ENCODING: Final = "cp1252"

_LEFT: Final = 62
_TOP: Final = 780
_LINE: Final = 14
_WIDTH: Final = PAGE_WIDTH - 2 * _LEFT
_SIZE: Final = 10.0
_TITLE_SIZE: Final = 15.0
# Advance widths of Helvetica, from U+0020 to U+007E, in thousandths (Adobe core 14 font metrics).
_ADVANCES: Final = (
    *(278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278),
    *(556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556),
    *(1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778),
    *(667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556),
    *(333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556),
    *(556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584),
)
_WIDEST: Final = 1000
_FIRST: Final = 0x20
_BOLD_FACTOR: Final = 1.08
"""Bold letters are wider by less than this."""

Line = tuple[str, float, str]
"""Font resource, size, text."""


def form_pdf(form: FormDocument) -> bytes:
    """Return the PDF of a form, the same bytes for equal forms."""
    pages, content = page_contents(form), form.canonical()
    first = 7
    kids = " ".join(f"{first + 2 * place} 0 R" for place in range(len(pages)))
    attached = f"<</Names[({FORM_NAME})6 0 R]>>"
    objects = [
        f"<</Type/Catalog/Pages 2 0 R/Lang({form.lang})/Names<</EmbeddedFiles {attached}>>>>".encode(),
        f"<</Type/Pages/Count {len(pages)}/Kids[{kids}]>>".encode(),
        _font("Helvetica"),
        _font("Helvetica-Bold"),
        _stream("/Type/EmbeddedFile/Subtype/application#2Fjson", content),
        f"<</Type/Filespec/F({FORM_NAME})/UF({FORM_NAME})/EF<</F 5 0 R/UF 5 0 R>>>>".encode(),
    ]
    for place, drawn in enumerate(pages):
        objects += [_page(first + 2 * place + 1), _stream("", drawn)]
    return _file(objects, form.terms.digest)


def page_contents(form: FormDocument) -> list[bytes]:
    """Return the content stream of each page."""
    pages: list[list[Line]] = [[]]
    room = (_TOP - SIGNATURE_TOP) // _LINE - 2
    for block in _blocks(form):
        if pages[-1] and len(pages[-1]) + len(block) > room:
            pages.append([])
        for start in range(0, len(block), room):  # a paragraph may be longer than a page
            if start:
                pages.append([])
            pages[-1].extend(block[start : start + room])
    marks = [f"{form.terms.consent_id} · {place}/{len(pages)}" for place in range(1, len(pages) + 1)]
    return [_drawn([*lines, ("F1", _SIZE, ""), ("F1", 8.0, mark)]) for lines, mark in zip(pages, marks, strict=True)]


def _blocks(form: FormDocument) -> Iterator[list[Line]]:
    """Yield the lines of each heading with its paragraph, which stay together."""
    title = speaking(form.lang)(TITLE)
    yield [("F2", _TITLE_SIZE, title), ("F1", _SIZE, "")]
    for heading, text in form.lines():
        lines = [("F2", _SIZE, part) for part in _wrapped(heading)] if heading else []
        yield [*lines, *(("F1", _SIZE, part) for part in _wrapped(text)), ("F1", _SIZE, "")]


def _wrapped(text: str) -> Iterator[str]:
    """Yield lines that fit the page; a word longer than a line is cut."""
    line = ""
    for word in _words(_encodable(text)):
        longer = f"{line} {word}" if line else word
        if line and _points(longer) > _WIDTH:
            yield line
            line = word
        else:
            line = longer
    yield line


def _words(text: str) -> Iterator[str]:
    for word in text.split():
        part = ""
        for letter in word:
            if _points(part + letter) > _WIDTH:
                yield part
                part = ""
            part += letter
        yield part


def _points(text: str) -> float:
    return sum(_advance(letter) for letter in text) * _SIZE * _BOLD_FACTOR / 1000


def _advance(letter: str) -> int:
    base = ord(unicodedata.normalize("NFD", letter)[0]) - _FIRST
    return _ADVANCES[base] if 0 <= base < len(_ADVANCES) else _WIDEST


def _encodable(text: str) -> str:
    return unicodedata.normalize("NFC", text).encode(ENCODING, "replace").decode(ENCODING)


def _drawn(lines: Iterable[Line]) -> bytes:
    """Return the operators that draw lines from the top of a page."""
    parts = [f"BT {_LINE} TL {_LEFT} {_TOP} Td".encode()]
    for font, size, text in lines:
        parts.append(f"/{font} {size:g} Tf (".encode() + _escaped(text) + b") Tj T*")
    return b"\n".join([*parts, b"ET"])


def _escaped(text: str) -> bytes:
    data = text.encode(ENCODING, "replace")
    return data.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)").replace(b"\r", b" ")


def _font(name: str) -> bytes:
    return f"<</Type/Font/Subtype/Type1/BaseFont/{name}/Encoding/WinAnsiEncoding>>".encode()


def _page(content: int) -> bytes:
    box = f"/MediaBox[0 0 {PAGE_WIDTH} {PAGE_HEIGHT}]"
    return f"<</Type/Page/Parent 2 0 R{box}/Resources<</Font<</F1 3 0 R/F2 4 0 R>>>>/Contents {content} 0 R>>".encode()


def _stream(entries: str, data: bytes) -> bytes:
    return f"<<{entries}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"


def _file(objects: list[bytes], file_id: str) -> bytes:
    """Return objects, numbered from 1, as a file with a cross-reference table; the first is the catalogue."""
    data, offsets = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size, identity = len(objects) + 1, file_id[:32]
    trailer = f"trailer\n<</Size {size}/Root 1 0 R/ID[<{identity}><{identity}>]>>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + f"xref\n0 {size}\n0000000000 65535 f \n{table}{trailer}".encode()
