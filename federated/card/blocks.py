"""A document as a list of blocks: a template writes it as HTML and `markdown` as Markdown, in the same words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>|#])")

_BLANKS: Final = re.compile(r"[ \t\r\n\v\f\x85\u2028\u2029]+")
"""A line break would end a heading or a row; the no-break space between a figure and its unit stays."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the title."""

    kind: ClassVar[str] = "heading"
    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; a strong one stands in a frame."""

    kind: ClassVar[str] = "text"
    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """A list; each item may begin with a term."""

    kind: ClassVar[str] = "terms"
    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column names the row."""

    kind: ClassVar[str] = "table"
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot, by its name in the bundle's ``plots`` folder."""

    kind: ClassVar[str] = "figure"
    name: str
    caption: str


@dataclass(frozen=True, slots=True)
class Fill:
    """A question that only people can answer, marked as unanswered."""

    kind: ClassVar[str] = "fill"
    mark: str
    question: str


Block = Heading | Text | Terms | Table | Figure | Fill


def plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", _BLANKS.sub(" ", text.strip()))


def markdown(blocks: Sequence[Block], suffix: str = "") -> str:
    """Return the document as Markdown (CommonMark with tables), with links to ``plots/NAME`` + suffix + ``.svg``."""
    return "\n\n".join(_markdown(block, suffix) for block in blocks) + "\n"


def _markdown(block: Block, suffix: str) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {plain(text)}"
        case Text(text, strong):
            return f"> **{plain(text)}**" if strong else plain(text)
        case Terms(items):
            return "\n".join(
                f"- **{plain(term)}**: {plain(text)}" if term else f"- {plain(text)}" for term, text in items
            )
        case Table(head, rows):
            lines = [head, ("---",) * len(head), *rows]
            cells = [[cell if line is lines[1] else plain(cell) for cell in line] for line in lines]
            return "\n".join(f"| {' | '.join(line)} |" for line in cells)
        case Figure(name, caption):
            return f"![{plain(caption)}](plots/{name}{suffix}.svg)"
        case Fill(mark, question):
            return f"> ☐ **{plain(mark)}** {plain(question)}"
