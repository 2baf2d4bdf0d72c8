"""A page as a list of blocks, written as Markdown or as HTML: the same words in both."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

_MARKDOWN: Final = re.compile(r"([\\`*_\[\]<>|#])")

_BLANKS: Final = re.compile(r"[ \t\r\n\v\f\x85\u2028\u2029]+")
"""A line break would end a heading or a row; the space that keeps a figure and its unit together stays."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; a strong one stands in a frame."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """A list; each item may begin with a term."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table; the first column names the row."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot, by its name in the bundle's ``plots`` folder."""

    name: str
    caption: str


@dataclass(frozen=True, slots=True)
class Fill:
    """Something that only people can answer, clearly marked as missing."""

    mark: str
    question: str


Block = Heading | Text | Terms | Table | Figure | Fill


def plain(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", _BLANKS.sub(" ", text.strip()))


def markdown(blocks: Sequence[Block], suffix: str = "") -> str:
    """Return the page as Markdown (CommonMark with tables); plots are linked, as ``plots/NAME`` + suffix + ``.svg``."""
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


def html(blocks: Sequence[Block], plots: Mapping[str, str]) -> str:
    """Return the page's content as HTML, plots inline.

    Args:
        blocks: in order.
        plots: name -> SVG, ours and therefore not escaped.
    """
    return "".join(_html(block, plots) for block in blocks)


def _html_row(row: tuple[str, ...]) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
    return f'<tr><th scope="row">{escape(row[0])}</th>{cells}</tr>'


def _html(block: Block, plots: Mapping[str, str]) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Text(text, strong):
            return f'<p class="lock">{escape(text)}</p>' if strong else f"<p>{escape(text)}</p>"
        case Terms(items):
            lines = (f"<b>{escape(term)}</b>: {escape(text)}" if term else escape(text) for term, text in items)
            return f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>"
        case Table(head, rows):
            top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
            body = "".join(_html_row(row) for row in rows)
            return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
        case Figure(name, caption):
            return f"<figure>{plots[name]}<figcaption>{escape(caption)}</figcaption></figure>"
        case Fill(mark, question):
            return f'<p class="fill">☐ <b>{escape(mark)}</b> {escape(question)}</p>'
