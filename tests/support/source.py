"""What the architecture tests look at: the project's own Python files, parsed once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = (
    "protos",
    "presentation",
    "policies",
    "trust",
    "service",
    "consent_ledger",
    "records_exchange",
    "federated",
    "node",
    "coordinator",
    "portal",
)
DOMAIN: Final = ("policies", "trust", "consent_ledger", "records_exchange", "federated")
"""Packages that read no environment, open no engine, never commit and start no thread."""

PAGES: Final = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md"), *ROOT.glob("[a-z]*/README.md")]
)
"""The pages that people read."""


@dataclass(frozen=True)
class Module:
    """One source file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The path relative to the root, with slashes."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def lines(self) -> int:
        """How many lines the file has."""
        return len(self.text.splitlines())


def is_generated(path: Path) -> bool:
    """Whether a tool wrote the file: wire stubs, and migrations, which spell out tables and are never edited."""
    return "_pb2" in path.name or path.parent.name == "versions"


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Return the hand-written modules of the given top-level folders."""
    return tuple(_read(folders))


def _read(folders: tuple[str, ...]) -> Iterator[Module]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not is_generated(path):
                text = path.read_text(encoding="utf-8")
                yield Module(path, text, ast.parse(text))


def imported(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Iterate over the (dotted name, line) of every import statement, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def dotted(node: ast.expr) -> str:
    """Return the dotted name an expression spells, or an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else ""
    return ""
