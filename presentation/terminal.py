"""Tables and paragraphs on a terminal: plain text that fits its width. Values come from peers and are never markup."""

import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from presentation.harmless import harmless_line

DEFAULT_WIDTH: Final = 80
_GAP: Final = "  "
_RULE: Final = "-"
_BLANK: Final = "-"
"""Shown for a value without a visible character."""
_HANGING: Final = 2
_PAIR: Final = 2


def terminal_width() -> int:
    """Return the columns of the terminal: ``COLUMNS``, else what the terminal tells, else 80."""
    return max(shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns, 1)


def plain(value: object) -> str:
    """Return a value on one line without control and formatting characters, which could steer or disguise a terminal.

    Line breaks, tabs and runs of blanks become one blank; the no-break space stays, so that a figure keeps its unit.
    """
    return " ".join(word for word in harmless_line(str(value)).split(" ") if word)


def cells(text: str) -> int:
    """Return how many columns of a terminal a text takes: wide East Asian characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(_cell(character) for character in text)


def wrapped(text: object, width: int) -> list[str]:
    """Return the lines of a text at most `width` wide; a longer word has a line of its own, whole."""
    lines: list[str] = []
    line, taken = "", 0
    for word in _words(text):
        length = cells(word)
        if line and taken + 1 + length <= width:
            line, taken = f"{line} {word}", taken + 1 + length
            continue
        if line:
            lines.append(line)
        line, taken = word, length
    return [*lines, line] if line else lines


def paragraph(text: object, width: int | None = None, indent: int | str = 0, *, hanging: int = 0) -> str:
    """Return a text wrapped between words; lines of the text stay lines.

    Args:
        text: to be shown.
        width: of the whole line; None for that of the terminal.
        indent: blanks or text before every line.
        hanging: blanks more before every line but the first.
    """
    width = terminal_width() if width is None else width
    start = " " * indent if isinstance(indent, int) else indent
    lines: list[str] = []
    for each in str(text).splitlines():
        first, *_rest = wrapped(each, width - cells(start)) or [""]
        rest = wrapped(plain(each)[len(first) :], width - cells(start) - hanging)
        lines += [(start + first).rstrip(" "), *(start + " " * hanging + line for line in rest)]
    return "\n".join(lines)


def fitted(text: str, width: int | None = None) -> str:
    """Return a text whose lines fit the terminal: a longer one goes on between words, further in than it began."""
    width = terminal_width() if width is None else width
    return "\n".join(
        line if cells(line) <= width else paragraph(line, width, len(line) - len(line.lstrip(" ")), hanging=_HANGING)
        for line in text.split("\n")
    )


def table(columns: Sequence[object], rows: Sequence[Sequence[object]], width: int | None = None) -> str:
    """Return a table under its headings.

    A table that is wider than the terminal says once what all rows share. What is left is a table again where it fits,
    lines ``first: second`` where two columns are left, and else one block a row. Columns of figures are set to the
    right.

    Args:
        columns: the headings.
        rows: as many values each.
        width: of the line; None for that of the terminal.

    Raises:
        ValueError: a row has more or fewer values than there are columns.
    """
    width = terminal_width() if width is None else width
    head = [plain(column) for column in columns]
    body = [[plain(value) for value in row] for row in rows]
    if any(len(row) != len(head) for row in body):
        raise ValueError("a row has other columns than the table")
    if (whole := _grid(head, body, width)) is not None:
        return whole
    shared = [place for place in range(len(head)) if len(body) > 1 and len({row[place] for row in body}) == 1]
    left = [place for place in range(len(head)) if place not in shared]
    said = "\n".join(_block(_at(shared, head), _at(shared, body[0]) if shared else [], width))
    rest = _narrow(_at(left, head), [_at(left, row) for row in body], width) if left else ""
    return "\n\n".join(part for part in (said, rest) if part)


def pairs(facts: Sequence[tuple[object, object]], width: int | None = None) -> str:
    """Return facts as lines ``Heading: value``, wrapped with a hanging indent."""
    width = terminal_width() if width is None else width
    names, values = [plain(name) for name, _ in facts], [plain(value) for _, value in facts]
    return "\n".join(_block(names, values, width))


def _at(places: Sequence[int], row: Sequence[str]) -> list[str]:
    return [row[place] for place in places]


def _narrow(head: list[str], body: list[list[str]], width: int) -> str:
    if (whole := _grid(head, body, width)) is not None:
        return whole
    if len(head) == _PAIR and len(body) > 1:
        return "\n".join("\n".join(_block([first or _BLANK], [second], width)) for first, second in body)
    return "\n\n".join("\n".join(_block(head, row, width)) for row in body)


def _grid(head: list[str], body: list[list[str]], width: int) -> str | None:
    """Return the table side by side; None when it is wider."""
    sizes = [max(cells(text or _BLANK) for text in column) for column in zip(head, *body, strict=True)]
    if sum(sizes) + len(_GAP) * (len(sizes) - 1) > width:
        return None
    right = [bool(body) and all(_is_figure(row[place]) for row in body) for place in range(len(head))]
    rule = [_RULE * size for size in sizes]
    return "\n".join(
        _GAP.join(_padded(text, size, right=side) for text, size, side in zip(row, sizes, right, strict=True)).rstrip(
            " "
        )
        for row in (head, rule, *([value or _BLANK for value in row] for row in body))
    )


def _block(head: list[str], row: list[str], width: int) -> Iterator[str]:
    for name, value in zip(head, row, strict=True):
        first, *_ = lines = wrapped(f"{name}: {value or _BLANK}" if name else value or _BLANK, width)
        yield first
        if len(lines) > 1:
            rest = " ".join(lines[1:])
            yield from (" " * _HANGING + line for line in wrapped(rest, width - _HANGING))


def _padded(text: str, size: int, *, right: bool) -> str:
    blanks = " " * (size - cells(text))
    return blanks + text if right else text + blanks


def _is_figure(text: str) -> bool:
    return any(character.isdigit() for character in text) and all(
        character.isdigit() or character in "+-\u2212.,%\u00a0 " for character in text
    )


def _words(text: object) -> list[str]:
    return plain(text).split(" ") if plain(text) else []


def _cell(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
