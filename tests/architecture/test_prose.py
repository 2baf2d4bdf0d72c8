"""The first line of a docstring is a sentence of the field, not a riddle.

"Return the rate-limit key of an anonymous caller" says what a function does; "whom to count a call for that names no
entity" has to be solved.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source import PACKAGES, ROOT

QUESTION = re.compile(r"^(What|Who|Whom|Whose|Whoever|How|Whether|Where)\b")
TELLING = re.compile(r"^Tell\b.*\b(whether|why|who|whom|what|how|where)\b")
CLAUSE = re.compile(r"\b(whoever|whom|what is|who is|of which)\b")
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _is_riddle(line: str) -> bool:
    return any(pattern.search(line) for pattern in (QUESTION, TELLING, CLAUSE)) or line[:1].islower()


def _first_lines(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, Documented):
            yield (ast.get_docstring(node) or "").partition("\n")[0]


def _riddles(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [f"{path.relative_to(ROOT)}: {line}" for line in _first_lines(tree) if _is_riddle(line)]


@pytest.mark.parametrize("package", [*PACKAGES, "deploy", "tools"])
def test_every_docstring_begins_with_a_plain_sentence(package: str) -> None:
    """Migrations are held to it too: their first line is what an administrator reads in Alembic's history."""
    paths = [path for path in sorted((ROOT / package).rglob("*.py")) if "_pb2" not in path.name]
    assert [riddle for path in paths for riddle in _riddles(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        "Whom to count a call for that names no entity.",
        "Whether the caller is known.",
        "Tell whether the caller is known.",
        "Tell of each caller why it is unknown.",
        "Return the people of which nothing is kept.",
        "secure sums.",
    ],
)
def test_a_riddle_is_noticed(line: str) -> None:
    assert _is_riddle(line)


def test_a_plain_sentence_is_left_alone() -> None:
    assert not _is_riddle("Return the rate-limit key of an anonymous caller.")
