"""Pages, docstrings and comments point at code that exists: what moved without them is found."""

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.source import PACKAGES, PAGES, ROOT, Module, modules

TOP = (*PACKAGES, "deploy", "tools", "tests", "docs")
IN_BACKTICKS = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FILE = re.compile(rf"(?:{'|'.join(TOP)})/[\w./-]*\w/?")
DOTTED = re.compile(rf"(?:{'|'.join(PACKAGES)})(?!\.(?:toml|sqlite)$)(?:\.\w+)+")
HISTORY = {"0001-layout.md", "0018-rooms.md"}
"""Records that name what was, beside what is."""


def _pointers(text: str) -> Iterator[str]:
    for quoted in IN_BACKTICKS.findall(text):
        bare = quoted.split("::")[0].split("(")[0]
        if FILE.fullmatch(bare) or DOTTED.fullmatch(bare):
            yield bare


def _exists(pointer: str) -> bool:
    if "/" in pointer:
        return (ROOT / pointer).exists() or (ROOT / f"{pointer}.py").exists()
    parts = pointer.split(".")
    for end in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:end])
        source = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
        if source.is_file():
            return all(re.search(rf"\b{name}\b", source.read_text(encoding="utf-8")) for name in parts[end:])
    return False


def _prose(module: Module) -> str:
    """Return the docstrings and comments of a module."""
    tokens = tokenize.generate_tokens(io.StringIO(module.text).readline)
    wanted = (token.string for token in tokens if token.type in (tokenize.COMMENT, tokenize.STRING))
    return "\n".join(text for text in wanted if text.startswith(("#", '"""', 'r"""')))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_place_that_a_page_names_exists(page: Path) -> None:
    if page.name in HISTORY:
        pytest.skip("this record names old places on purpose")
    found = set(_pointers(page.read_text(encoding="utf-8")))
    assert sorted(pointer for pointer in found if not _exists(pointer)) == []


@pytest.mark.parametrize("package", [*PACKAGES, "deploy", "tools", "tests"])
def test_every_place_that_docstrings_and_comments_name_exists(package: str) -> None:
    found = {(module.name, pointer) for module in modules(package) for pointer in _pointers(_prose(module))}
    assert sorted(place for place in found if not _exists(place[1])) == []


@pytest.mark.parametrize(
    "text",
    ["see `node.nowhere.thing`", "`node/exchange/`", "`node.context.NoSuchName`", "`tests/unit/none.py::test_x`"],
)
def test_a_stale_pointer_is_noticed(text: str) -> None:
    assert [pointer for pointer in _pointers(text) if not _exists(pointer)] != []


def test_a_pointer_that_leads_somewhere_is_left_alone() -> None:
    assert _exists("node.context.NodeContext")
    assert _exists("node/context.py")
