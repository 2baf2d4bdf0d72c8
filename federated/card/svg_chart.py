"""Small charts as SVG: one file each, no script, no font, nothing loaded; readable in black and white."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

INK: Final = "#1f2937"
BLUE: Final = "#1f4e79"
ORANGE: Final = "#b45309"
GREY: Final = "#6b7280"
"""All with a contrast of at least 4.5 to 1 on white."""
_GRID: Final = "#d1d5db"
_TICKS: Final = 5

Point = tuple[float, float]


@dataclass(slots=True)
class Chart:
    """A chart with two axes, drawn in the units of the data.

    Attributes:
        title: what it shows, in words; also for who does not see it.
        x_range: data at the left and right end.
        y_range: data at the bottom and top.
        width: in pixels.
        height: in pixels.
        left: margin for the labels, in pixels.
        write: how the language writes a number with so many decimals.
    """

    title: str
    x_range: Point
    y_range: Point
    width: int = 520
    height: int = 360
    left: int = 64
    write: Callable[[float, int], str] = "{:.{}f}".format
    _parts: list[str] = field(default_factory=list)

    def _x(self, value: float) -> float:
        low, high = self.x_range
        return self.left + (value - low) / ((high - low) or 1.0) * (self.width - self.left - 20)

    def _y(self, value: float) -> float:
        low, high = self.y_range
        return self.height - 48 - (value - low) / ((high - low) or 1.0) * (self.height - 48 - 20)

    def axes(
        self, x_label: str, y_label: str, *, decimals: int = 2, x_ticks: bool = True, y_ticks: bool = True
    ) -> None:
        """Draw grid lines, figures and names of both axes."""
        for part in range(_TICKS):
            share = part / (_TICKS - 1)
            if y_ticks:
                value = self.y_range[0] + share * (self.y_range[1] - self.y_range[0])
                self.line([(self.x_range[0], value), (self.x_range[1], value)], colour=_GRID, thick=1)
                self._text(self.left - 8, self._y(value) + 4, self.write(value, decimals), anchor="end")
            if x_ticks:
                value = self.x_range[0] + share * (self.x_range[1] - self.x_range[0])
                self._text(self._x(value), self.height - 30, self.write(value, decimals), anchor="middle")
        self._text((self.left + self.width - 20) / 2, self.height - 10, x_label, anchor="middle")
        if y_label:
            self._text(self.left, 14, y_label)

    def line(self, points: Iterable[Point], *, colour: str = BLUE, thick: float = 2.5, dashed: bool = False) -> None:
        """Draw a line through points of the data."""
        path = " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in points)
        dash = ' stroke-dasharray="6 4"' if dashed else ""
        self._parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{thick}"{dash}/>')

    def dot(self, x: float, y: float, *, colour: str = BLUE, hint: str = "") -> None:
        """Draw a point."""
        title = f"<title>{escape(hint)}</title>" if hint else ""
        self._parts.append(
            f'<circle cx="{self._x(x):.1f}" cy="{self._y(y):.1f}" r="4.5" fill="{colour}">{title}</circle>'
        )

    def bar(self, start: Point, end: Point, *, colour: str = BLUE, hint: str = "") -> None:
        """Draw a rectangle between two corners."""
        xs, ys = sorted((self._x(start[0]), self._x(end[0]))), sorted((self._y(start[1]), self._y(end[1])))
        title = f"<title>{escape(hint)}</title>" if hint else ""
        self._parts.append(
            f'<rect x="{xs[0]:.1f}" y="{ys[0]:.1f}" width="{max(xs[1] - xs[0], 1):.1f}" '
            f'height="{max(ys[1] - ys[0], 1):.1f}" fill="{colour}">{title}</rect>'
        )

    def label(self, x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK) -> None:
        """Write at a point of the data."""
        self._text(self._x(x), self._y(y) + 4, text, anchor=anchor, colour=colour)

    def row_label(self, y: float, text: str, most: int = 34) -> None:
        """Name a row, left of the plot."""
        short = text if len(text) <= most else text[: most - 1] + "…"
        self._text(self.left - 8, self._y(y) + 4, short, anchor="end")

    def _text(self, x: float, y: float, text: str, *, anchor: str = "start", colour: str = INK) -> None:
        self._parts.append(
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" font-family="sans-serif" fill="{colour}" '
            f'text-anchor="{anchor}">{escape(text)}</text>'
        )

    def svg(self) -> str:
        """Return the file."""
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'width="{self.width}" height="{self.height}" role="img" aria-label="{escape(self.title)}">'
            f"<title>{escape(self.title)}</title>"
            f'<rect width="{self.width}" height="{self.height}" fill="#ffffff"/>{"".join(self._parts)}</svg>'
        )


def nice_limit(values: Sequence[float], *, least: float) -> float:
    """Return the next round number that no value is beyond, for an axis that is the same both ways."""
    top = max([least, *(abs(each) for each in values)])
    scale: float = 10.0 ** (len(str(int(top))) - 1) if top >= 1.0 else 0.1
    return next(factor * scale for factor in (1, 2, 3, 4, 5, 6, 8, 10) if top <= factor * scale + 1e-12)
