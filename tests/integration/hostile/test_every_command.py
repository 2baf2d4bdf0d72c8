"""Every command of the three programs in a hostile network: nothing steers a terminal, nothing is open to others."""

import csv
import json
import os
import re
import stat
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from tests.support.command_walk import LINES, NOT_RUN, Ran, Walk, hostile_network, leaves
from tests.support.hostile_strings import HOSTILE, MARK, is_harmless

NUMBER = re.compile(r"-?\d+(\.\d+)?")

pytestmark = pytest.mark.invariant(8)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Walk, list[Ran]]]:
    root, before = tmp_path_factory.mktemp("walk"), os.umask(0o022)
    try:
        with pytest.MonkeyPatch.context() as patch, hostile_network(root) as walk:
            patch.setenv("COLUMNS", "200")
            yield walk, [ran for command in LINES for ran in walk.run(command)]
    finally:
        os.umask(before)


def test_every_command_is_walked() -> None:
    assert set(leaves()) - set(LINES) - set(NOT_RUN) == set()
    assert set(LINES) - set(leaves()) == set()


def test_no_command_prints_what_steers_hides_or_imitates(walked: tuple[Walk, list[Ran]]) -> None:
    wrong = [ran for ran in walked[1] if not is_harmless(ran.out + ran.err)]
    assert wrong == []


def test_the_walk_meets_what_others_wrote_and_gets_somewhere(walked: tuple[Walk, list[Ran]]) -> None:
    showing = {ran.command for ran in walked[1] if MARK in ran.out + ran.err}
    done = {ran.command for ran in walked[1] if ran.code == 0}
    assert len(showing) > 25
    assert len(done) > 60


def test_every_document_of_json_is_one_and_keeps_what_was_written(walked: tuple[Walk, list[Ran]]) -> None:
    ended = [ran for ran in walked[1] if ran.is_json]
    assert [ran.words for ran in ended if not ran.out.strip()] == []
    documents = [json.loads(ran.out) for ran in ended]
    assert len(documents) > 100
    assert any(HOSTILE in texts(each) for each in documents)


def texts(document: object) -> set[str]:
    if isinstance(document, dict):
        return set().union(*map(texts, document.values()))
    if isinstance(document, list):
        return set().union(*map(texts, document))
    return {document} if isinstance(document, str) else set()


def written(walk: Walk, *suffixes: str) -> list[Path]:
    return [each for each in walk.folder.glob("out-*") if each.suffix in suffixes] + [
        each for folder in walk.folder.glob("out-*/") for each in folder.rglob("*") if each.suffix in suffixes
    ]


def test_nothing_that_others_wrote_is_markup_in_a_page(walked: tuple[Walk, list[Ran]]) -> None:
    pages = written(walked[0], ".html")
    shown = {page.name: page.read_text(encoding="utf-8") for page in pages}
    assert any(MARK in text for text in shown.values())
    for text in shown.values():
        assert "<script" not in text
        assert "<img src=x" not in text
        assert is_harmless(unescape(text))


def test_no_cell_of_a_table_is_a_formula(walked: tuple[Walk, list[Ran]]) -> None:
    cells = set()
    for table in written(walked[0], ".csv"):
        with table.open(encoding="utf-8", newline="") as file:
            cells |= {cell for row in csv.reader(file) for cell in row}
    assert any(MARK in cell for cell in cells)
    formulas = {
        cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not NUMBER.fullmatch(cell)
    }
    assert formulas == set()


def test_what_every_command_makes_is_for_its_owner_alone(walked: tuple[Walk, list[Ran]]) -> None:
    """Databases, keys, exports, reports, receipts, pages: whatever the umask of the caller was."""
    root = walked[0].folder
    places = [*(root / "net").iterdir(), *root.glob("out-*"), root / "receipt", root / "exported-ledger"]
    made = [each for place in places for each in (place, *place.rglob("*"))]
    modes = {str(each.relative_to(root)): stat.S_IMODE(each.stat().st_mode) for each in made}
    assert len(modes) > 60
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}
