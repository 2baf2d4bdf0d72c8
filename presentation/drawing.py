"""Drawing in SVG: no script, no font, nothing loaded; words and patterns beside colours.

The same content gives the same bytes. Identifiers come from the content, so that two charts share a page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from markupsafe import Markup, escape

from presentation.formats import number
from presentation.terminal import plain, wrapped

INK: Final = "#1f2937"
BLUE: Final = "#1f4e79"
ORANGE: Final = "#b45309"
GREY: Final = "#6b7280"
COLOURS: Final = (BLUE, ORANGE, "#6b21a8", "#0f766e", "#9f1239", "#4d5866")
"""All with a contrast of at least 4.5 to 1 on white."""
GRID: Final = "#d1d5db"
DASHES: Final = ("", "8 4", "2 3", "12 3 2 3", "5 2", "1 5")
"""Of the line of each series, in the order of `COLOURS`."""
_HATCHES: Final = ("", "M0 8L8 0", "M4 0V8", "M0 4H8", "M0 0L8 8", "M4 0V8M0 4H8")
"""White lines over the fill of each series; the first is plain."""
_ID: Final = "\0"
"""Stands for the identifier until the content is known; no text of a chart holds it."""
_TICKS: Final = 5
_LEGEND_ROW: Final = 20
_CHARACTER: Final = 7
"""Pixels that a character of 12 pixels takes, generously."""

Point = tuple[float, float]


@dataclass(slots=True)
class Drawing:
    """A picture in pixels.

    Attributes:
        title: what it shows, in words.
        desc: the data in words, for people who do not see it.
        lang: of the figures.
        width: in pixels.
        height: in pixels, without the legend.
    """

    title: str
    lang: str
    width: int = 760
    height: int = 240
    desc: str = ""
    _parts: list[str] = field(default_factory=list)
    _patterns: set[int] = field(default_factory=set)
    _legend: list[str] = field(default_factory=list)
    _lines: bool = False

    def fill(self, series: int) -> str:
        """Return the fill of a series: a colour of its own, and from the second on a hatching of its own."""
        place = series % len(COLOURS)
        if not _HATCHES[place]:
            return COLOURS[place]
        self._patterns.add(place)
        return f"url(#{_ID}-p{place})"

    def text(self, x: float, y: float, text: object, *, anchor: str = "start", colour: str = INK) -> None:
        """Write at a point, in pixels."""
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" font-family="sans-serif" fill="{colour}" '
            f'text-anchor="{anchor}">{_safe(text)}</text>'
        )

    def row_text(self, x: float, y: float, text: str, most: int) -> None:
        """Name a row, to the left of x, on at most two lines of `most` characters; `desc` is for the whole name."""
        lines = wrapped(text, most)
        shown = [line if len(line) <= most else line[: most - 1] + "…" for line in lines[:2]]
        if len(lines) > len(shown):
            shown[-1] = shown[-1][: most - 1].rstrip("…") + "…"
        start = y + 4 - 6 * (len(shown) - 1)
        for place, line in enumerate(shown):
            self.text(x, start + 12 * place, line, anchor="end")

    def rect(self, corner: Point, size: Point, fill: str, hint: str = "") -> None:
        """Draw a rectangle from its upper left corner, in pixels."""
        self._parts.append(
            f'<rect x="{corner[0]:.1f}" y="{corner[1]:.1f}" width="{max(size[0], 1):.1f}" '
            f'height="{max(size[1], 1):.1f}" fill="{fill}">{_hint(hint)}</rect>'
        )

    def polyline(self, points: Iterable[Point], colour: str, *, thick: float = 2.5, dash: str = "") -> None:
        """Draw a line, in pixels."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        self._parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{thick:g}"{dashes}/>'
        )

    def circle(self, x: float, y: float, colour: str, hint: str = "") -> None:
        """Draw a point, in pixels."""
        self._parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}">{_hint(hint)}</circle>')

    def legend(self, names: Sequence[str], *, lines: bool = False) -> None:
        """Name the series below the picture, with their fills, or with their dashes."""
        self._legend = [plain(name) for name in names]
        self._lines = lines

    def svg(self) -> Markup:
        """Return the picture; it stands in a page or in a file of its own."""
        below = self._write_legend()
        content = "".join(self._parts)
        name = "c" + sha256(f"{self.title}\n{self.desc}\n{content}".encode()).hexdigest()[:10]
        patterns = "".join(_pattern(place) for place in sorted(self._patterns))
        defs = f"<defs>{patterns}</defs>" if patterns else ""
        described = f" {_ID}-d" if self.desc else ""
        desc = f'<desc id="{_ID}-d">{_safe(self.desc)}</desc>' if self.desc else ""
        height = self.height + below
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height}" width="{self.width}" '
            f'height="{height}" role="img" aria-labelledby="{_ID}-t{described}">'
            f'<title id="{_ID}-t">{_safe(self.title)}</title>{desc}{defs}'
            f'<rect width="{self.width}" height="{height}" fill="#ffffff"/>{content}</svg>'
        )
        return Markup(svg.replace(_ID, name))  # noqa: S704 - every text in it went through escape

    def _write_legend(self) -> int:
        x, row = 10, 0
        for place, name in enumerate(self._legend):
            room = 40 + _CHARACTER * len(name)
            if x > 10 and x + room > self.width:  # noqa: PLR2004 - the left margin
                x, row = 10, row + 1
            y = self.height + row * _LEGEND_ROW
            if self._lines:
                colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
                self.polyline([(x, y + 8), (x + 24, y + 8)], colour, dash=dash)
            else:
                self.rect((x, y + 2), (14, 12), self.fill(place))
            self.text(x + 30 if self._lines else x + 20, y + 12, name)
            x += room
        return (row + 1) * _LEGEND_ROW if self._legend else 0


@dataclass(slots=True)
class Chart(Drawing):
    """A chart with two axes, drawn in the units of the data.

    Attributes:
        x_range: data at the left and right end.
        y_range: data at the bottom and top.
        left: margin for the labels, in pixels.
    """

    x_range: Point = (0.0, 1.0)
    y_range: Point = (0.0, 1.0)
    left: int = 64

    def x(self, value: float) -> float:
        """Return the pixel of a value of the horizontal axis."""
        low, high = self.x_range
        return self.left + (value - low) / ((high - low) or 1.0) * (self.width - self.left - 20)

    def y(self, value: float) -> float:
        """Return the pixel of a value of the vertical axis."""
        low, high = self.y_range
        return self.height - 48 - (value - low) / ((high - low) or 1.0) * (self.height - 48 - 20)

    def axes(
        self, x_label: str, y_label: str, *, decimals: int | None = 2, x_ticks: bool = True, y_ticks: bool = True
    ) -> None:
        """Draw grid lines, figures and names of both axes; without `decimals` figures are written in full."""
        for part in range(_TICKS):
            share = part / (_TICKS - 1)
            if y_ticks:
                value = self.y_range[0] + share * (self.y_range[1] - self.y_range[0])
                self.line([(self.x_range[0], value), (self.x_range[1], value)], colour=GRID, thick=1)
                self.text(self.left - 8, self.y(value) + 4, number(round(value, 9), self.lang, decimals), anchor="end")
            if x_ticks:
                value = self.x_range[0] + share * (self.x_range[1] - self.x_range[0])
                self.text(
                    self.x(value), self.height - 30, number(round(value, 9), self.lang, decimals), anchor="middle"
                )
        self.text((self.left + self.width - 20) / 2, self.height - 10, x_label, anchor="middle")
        if y_label:
            self.text(self.left, 14, y_label)

    def line(self, points: Iterable[Point], *, colour: str = BLUE, thick: float = 2.5, dashed: bool = False) -> None:
        """Draw a line through points of the data."""
        self.polyline([(self.x(x), self.y(y)) for x, y in points], colour, thick=thick, dash="6 4" if dashed else "")

    def dot(self, x: float, y: float, *, colour: str = BLUE, hint: str = "") -> None:
        """Draw a point of the data."""
        self.circle(self.x(x), self.y(y), colour, hint)

    def bar(self, start: Point, end: Point, *, colour: str = BLUE, hint: str = "") -> None:
        """Draw a rectangle between two corners, in the data's units; `colour` may be a `fill`."""
        xs, ys = sorted((self.x(start[0]), self.x(end[0]))), sorted((self.y(start[1]), self.y(end[1])))
        self.rect((xs[0], ys[0]), (xs[1] - xs[0], ys[1] - ys[0]), colour, hint)

    def label(self, x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK) -> None:
        """Write at a point of the data."""
        self.text(self.x(x), self.y(y) + 4, text, anchor=anchor, colour=colour)

    def row_label(self, y: float, text: str, most: int = 34) -> None:
        """Name a row, left of the plot."""
        self.row_text(self.left - 8, self.y(y), text, most)


def nice_limit(values: Sequence[float], *, least: float) -> float:
    """Return the next round number that no value is beyond, for an axis that is the same both ways."""
    top = max([least, *(abs(each) for each in values)])
    scale: float = 10.0 ** (len(str(int(top))) - 1) if top >= 1.0 else 0.1
    return next(factor * scale for factor in (1, 2, 3, 4, 5, 6, 8, 10) if top <= factor * scale + 1e-12)


def _pattern(place: int) -> str:
    return (
        f'<pattern id="{_ID}-p{place}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" fill="{COLOURS[place]}"/>'
        f'<path d="{_HATCHES[place]}" stroke="#ffffff" stroke-width="1.5"/></pattern>'
    )


def _hint(hint: str) -> str:
    return f"<title>{_safe(hint)}</title>" if hint else ""


def _safe(text: object) -> str:
    """Return text without control characters, which XML does not allow, escaped."""
    return str(escape(plain(text)))
