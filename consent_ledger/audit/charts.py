"""Charts as inline SVG: no script, no font, no file from elsewhere. Each says in words what it shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from math import ceil, log10
from typing import Final

COLOURS: Final = ("#1f4e79", "#b45309", "#6b21a8", "#0f766e", "#9f1239", "#4d5866")
"""All with a contrast of at least 4.5 to 1 on white."""
_WIDTH: Final = 760
_LABEL_CHARACTERS: Final = 34
_MAX_COLUMNS: Final = 36


def stacked_columns(
    title: str, columns: Sequence[str], series: Mapping[str, Sequence[int]], *, height: int = 240
) -> str:
    """Return a chart of columns, the newest 36, each a stack of the series' values; empty when there is nothing."""
    shown = columns[-_MAX_COLUMNS:]
    values = {name: list(numbers)[-_MAX_COLUMNS:] for name, numbers in series.items() if any(numbers)}
    if not shown or not values:
        return ""
    top = _round_up(max(sum(numbers[i] for numbers in values.values()) for i in range(len(shown))))
    left, bottom, plot = 52, height - 28, height - 58
    step = (_WIDTH - left - 10) / len(shown)
    parts = [_gridlines(top, left=left, bottom=bottom, plot=plot)]
    for position, column in enumerate(shown):
        x, y = left + position * step, float(bottom)
        for colour, (name, numbers) in zip(COLOURS, values.items(), strict=False):
            size = numbers[position] / top * plot
            if size:
                y -= size
                width = min(step * 0.7, 64)
                parts.append(
                    f'<rect x="{x + step * 0.15:.1f}" y="{y:.1f}" width="{width:.1f}" height="{size:.1f}" '
                    f'fill="{colour}"><title>{escape(column)} · {escape(name)}: {numbers[position]}</title></rect>'
                )
        if position % ceil(len(shown) / 12) == 0:
            parts.append(f'<text x="{x + step * 0.15:.1f}" y="{height - 10}" class="t">{escape(column)}</text>')
    return _figure(title, height, "".join(parts), list(values))


def bars(title: str, items: Sequence[tuple[str, int]]) -> str:
    """Return a chart of horizontal bars, up to twelve; empty when there is nothing."""
    shown = items[:12]
    if not shown:
        return ""
    top, left = max(count for _, count in shown), 250
    parts = []
    for position, (label, count) in enumerate(shown):
        y, size = 12 + position * 28, count / top * (_WIDTH - left - 70)
        text = label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
        parts.append(
            f'<text x="{left - 10}" y="{y + 15}" class="t" text-anchor="end">{escape(text)}</text>'
            f'<rect x="{left}" y="{y}" width="{max(size, 1):.1f}" height="20" fill="{COLOURS[0]}">'
            f"<title>{escape(label)}: {count}</title></rect>"
            f'<text x="{left + size + 8:.1f}" y="{y + 15}" class="t">{count}</text>'
        )
    return _figure(title, 20 + len(shown) * 28, "".join(parts), [])


def steps(title: str, series: Mapping[str, Sequence[tuple[datetime, float]]], *, height: int = 240) -> str:
    """Return a chart of quantities that only grow in steps, such as epsilon; empty when there is nothing."""
    moments = [moment for points in series.values() for moment, _ in points]
    if not moments:
        return ""
    top = _round_up(max(value for points in series.values() for _, value in points))
    left, bottom, plot = 52, height - 28, height - 58
    start, span = min(moments), (max(moments) - min(moments)).total_seconds() or 1.0
    parts = [_gridlines(top, left=left, bottom=bottom, plot=plot)]
    for colour, points in zip(COLOURS, series.values(), strict=False):
        path, y = f"M{left} {bottom}", float(bottom)
        for moment, value in points:
            x = left + (moment - start).total_seconds() / span * (_WIDTH - left - 30)
            path += f"L{x:.1f} {y:.1f}"
            y = bottom - value / top * plot
            path += f"L{x:.1f} {y:.1f}"
        parts.append(f'<path d="{path}L{_WIDTH - 10} {y:.1f}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
    parts.append(f'<text x="{left}" y="{height - 10}" class="t">{start:%Y-%m-%d}</text>')
    parts.append(
        f'<text x="{_WIDTH - 10}" y="{height - 10}" class="t" text-anchor="end">{max(moments):%Y-%m-%d}</text>'
    )
    return _figure(title, height, "".join(parts), list(series))


def _figure(title: str, height: int, content: str, legend: Sequence[str]) -> str:
    keys = "".join(
        f'<span><i style="background:{colour}"></i>{escape(name)}</span>'
        for colour, name in zip(COLOURS, legend, strict=False)
    )
    legend_line = f'<p class="legend">{keys}</p>' if keys else ""
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}">{content}</svg>{legend_line}</figure>'
    )


def _gridlines(top: float, *, left: int, bottom: int, plot: int) -> str:
    lines = []
    for part in range(5):
        y, value = bottom - plot * part / 4, top * part / 4
        lines.append(f'<line x1="{left}" y1="{y:.1f}" x2="{_WIDTH - 10}" y2="{y:.1f}" class="g"/>')
        lines.append(f'<text x="{left - 8}" y="{y + 4:.1f}" class="t" text-anchor="end">{value:g}</text>')
    return "".join(lines)


def _round_up(value: float) -> float:
    """Return the next number that people count by, a multiple of four of it on the axis."""
    if value <= 0:
        return 1.0
    unit = float(10 ** int(log10(value))) if value >= 1 else 0.1
    for factor in (1, 2, 4, 5, 8, 10):
        if value <= factor * unit:
            return max(factor * unit, 4.0) if value > 1 else factor * unit
    return 10 * unit
