"""Who reads people's data by a command is on record: found by what commands show, not by their names.

Every command of the program is run on a home whose data are canaries. A command whose output, or whose files, hold one
that it was not given has appended an entry: of a reading, or of an act about that person.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from typer.testing import CliRunner

from consent_ledger.log.bodies import ErasureBody
from consent_ledger.log.entry import Body
from consent_ledger.log.reading_bodies import RecordReadBody
from node.cli.app import app
from tests.support.canary_home import COMMANDS, CanaryHome, bodies_since, leaves, seeded, size_of

SHOWING = (
    "records export",
    "records list",
    "records show",
    "records access-report",
    "records readings",
    "card issue",
    "card list",
    "card block",
    "card replace",
    "consent renew",
    "consent withdraw",
    "consent narrow",
    "consent status",
    "consent list",
    "consent receipt",
    "consent requests",
    "consent confirm",
    "consent decline",
    "case action list",
    "case action update",
    "referral list",
    "referral show",
    "ledger export",
)
"""Commands that are known to show the canaries: if one does not, the walk has lost its teeth."""


@pytest.fixture(scope="module")
def home() -> Iterator[CanaryHome]:
    with TemporaryDirectory() as folder:
        yield seeded(Path(folder))


def test_the_walk_knows_every_command() -> None:
    assert {path for path, _command in leaves()} == set(COMMANDS)


@cache
def takes_json() -> frozenset[str]:
    return frozenset(
        path for path, command in leaves() if any("--json" in parameter.opts for parameter in command.params)
    )


def run(home: CanaryHome, path: str, folder: Path, *more: str) -> tuple[list[str], list[Body]]:
    """Run a command on a copy of the home; return the canaries that it shows, and the entries that it appends."""
    own, out = home.copy(folder / "home"), folder / "out"
    words = tuple(word.format(out=out, **home.values) for word in COMMANDS[path])
    before = size_of(own)
    result = CliRunner().invoke(
        app, [*path.split(), *words, *more, *(() if path in HOMELESS else ("--home", str(own)))]
    )
    files = [each for each in (out, *out.rglob("*")) if each.is_file()]
    text = result.output + "".join(each.read_bytes().decode("utf-8", "replace") for each in files)
    return home.shown(" ".join(text.split()), words), bodies_since(own, before)


HOMELESS = frozenset({"vocabulary", "records format", "risk reasons", "support rules"})


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_that_shows_a_persons_data_is_on_record(home: CanaryHome, path: str, tmp_path: Path) -> None:
    shown: set[str] = set()
    for name, more in (("text", ()), ("json", ("--json",))):
        if name == "json" and path not in takes_json():
            continue
        (tmp_path / name).mkdir()
        found, entries = run(home, path, tmp_path / name, *more)
        shown.update(found)
        recorded = [each for each in entries if is_about(each, home.values["person"])]
        assert recorded or not found, f"{path} shows {found} and is on nobody's record"
    assert shown or path not in SHOWING


def is_about(body: Body, person: str) -> bool:
    """Return whether an entry is about a person, a reading of several people's data, or an erasure."""
    if isinstance(body, ErasureBody) or (isinstance(body, RecordReadBody) and body.people):
        return True
    return getattr(body, "person_ref", None) == person
