"""The documentation says what the program does: links resolve, references are current, named tests exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.source import PAGES, ROOT, modules

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
TEST_REFERENCE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = [target.split("#")[0] for target in LINK.findall(page.read_text(encoding="utf-8"))]
    local = [target for target in targets if target and "://" not in target and not target.startswith("mailto:")]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    """A mitigation whose proof is gone is a promise nobody keeps."""
    missing = [
        f"{path}::{name}"
        for path, name in TEST_REFERENCE.findall(page.read_text(encoding="utf-8"))
        if not (ROOT / path).is_file() or f"def {name}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert missing == []


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")]
    assert [page for page in pages if page != "README.md" and f"({page})" not in index] == []


def test_every_package_explains_itself() -> None:
    packages = (
        "protos",
        "presentation",
        "policies",
        "consent_ledger",
        "records_exchange",
        "federated",
        "node",
        "coordinator",
        "portal",
        "service/web",
        "deploy",
    )
    assert [name for name in packages if not (ROOT / name / "README.md").is_file()] == []


def test_the_generated_reference_is_current() -> None:
    command = [sys.executable, "-m", "tools.reference", "--check"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


INVARIANT = re.compile(r"pytest\.mark\.invariant\((\d+)\)")


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12])
def test_every_invariant_is_claimed_by_a_test(number: int) -> None:
    claimed = {int(found) for module in modules("tests") for found in INVARIANT.findall(module.text)}
    assert number in claimed
