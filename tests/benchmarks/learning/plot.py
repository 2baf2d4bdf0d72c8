"""A line plot as SVG: AUC over epsilon, one panel a division. No library needed."""

import math
from collections.abc import Sequence
from html import escape
from typing import Final

from tests.benchmarks.learning.contenders import spread
from tests.benchmarks.learning.study import Findings

WIDTH: Final = 460
HEIGHT: Final = 320
LEFT: Final = 56
TOP: Final = 36
LEGEND: Final = 290
COLOURS: Final = (
    "#000000", "#0072b2", "#d55e00", "#009e73", "#888888", "#56b4e9", "#e69f00", "#cc79a7", "#aa3377",
)  # fmt: skip
"""Distinguishable for colour-blind readers too (Okabe, Ito, 2008); used again, dashed, when there are more lines."""

LOWEST: Final = 0.68
"""Lower values are drawn at the bottom; the table has their figures."""


def plot(all_findings: Sequence[Findings]) -> str:
    """Return the plot as an SVG document."""
    width, height = WIDTH * len(all_findings) + LEGEND, TOP + HEIGHT + 48
    size = f'width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
    parts = [head, f'<rect {size} fill="#ffffff"/>']
    names = list(all_findings[0].by_epsilon)
    for index, findings in enumerate(all_findings):
        parts += _panel(findings, index * WIDTH, names)
    for row, name in enumerate(names):
        y = TOP + 14 + 20 * row
        x = WIDTH * len(all_findings) + 12
        parts.append(f'<line x1="{x}" y1="{y}" x2="{x + 24}" y2="{y}" {_stroke(row)}/>')
        parts.append(f'<text x="{x + 30}" y="{y + 4}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _panel(findings: Findings, left: int, names: Sequence[str]) -> list[str]:
    epsilons = sorted({epsilon for found in findings.by_epsilon.values() for epsilon in found})
    known = [spread(values)[0] for values in findings.untouched.values()]
    means = [findings.mean(name, e) for name, found in findings.by_epsilon.items() for e in found]
    top = max(known + means) + 0.004

    def x(epsilon: float) -> float:
        span = math.log2(epsilons[-1] / epsilons[0]) or 1.0
        return left + LEFT + (WIDTH - LEFT - 24) * math.log2(epsilon / epsilons[0]) / span

    def y(value: float) -> float:
        return TOP + HEIGHT * (1.0 - (max(value, LOWEST) - LOWEST) / (top - LOWEST))

    end = left + WIDTH - 24
    parts = [f'<text x="{left + LEFT}" y="20" font-weight="bold">{escape(findings.division)}: mean AUC</text>']
    for tick in range(int(LOWEST * 100), int(top * 100) + 1):
        parts.append(
            f'<text x="{left + LEFT - 8}" y="{y(tick / 100) + 4:.1f}" text-anchor="end">{tick / 100:.2f}</text>'
        )
        parts.append(
            f'<line x1="{left + LEFT}" y1="{y(tick / 100):.1f}" x2="{end}" y2="{y(tick / 100):.1f}" stroke="#e0e0e0"/>'
        )
    parts += [
        f'<text x="{x(epsilon):.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{epsilon:g}</text>'
        for epsilon in epsilons
    ]
    parts.append(f'<text x="{left + WIDTH // 2}" y="{TOP + HEIGHT + 38}" text-anchor="middle">epsilon</text>')
    for name, values in findings.untouched.items():
        height = y(spread(values)[0])
        parts.append(
            f'<line x1="{left + LEFT}" y1="{height:.1f}" x2="{end}" y2="{height:.1f}" stroke="#555" '
            f'stroke-dasharray="5 4"/><text x="{left + LEFT + 4}" y="{height - 3:.1f}" font-size="9">'
            f"{escape(name)}</text>"
        )
    for row, name in enumerate(names):
        found = findings.by_epsilon.get(name, {})
        points = " ".join(f"{x(epsilon):.1f},{y(findings.mean(name, epsilon)):.1f}" for epsilon in sorted(found))
        parts.append(f'<polyline points="{points}" fill="none" {_stroke(row)}/>')
    return parts


def _stroke(row: int) -> str:
    dashes = ' stroke-dasharray="6 3"' if row >= len(COLOURS) else ""
    return f'stroke="{COLOURS[row % len(COLOURS)]}" stroke-width="2"{dashes}'
