"""A document given in the environment does not reach the programs that a command starts."""

import ast
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from node.cli import app
from node.cli.app import main
from node.cli.arguments import DOCUMENT_VARIABLE, read_document
from node.people.errors import DocumentInvalid
from service.clock import SystemClock
from tests.support.commands import invoke
from tests.support.parts import TOWN_AND_NGO, SignedDirectory, context_of, hold, write_home
from tests.support.people import OTHER_PERSON, PERSON, person_record

COMMANDS: Final = sorted(Path(app.__file__).parent.glob("*.py"))


@pytest.fixture(autouse=True)
def _in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DOCUMENT_VARIABLE, PERSON.number)


def seen_by_a_child() -> str:
    program = f"import os; print(os.environ.get({DOCUMENT_VARIABLE!r}, ''))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_child_would_see_it_otherwise() -> None:
    assert seen_by_a_child() == PERSON.number


def test_a_child_does_not_see_it_once_it_was_read() -> None:
    assert read_document(os.environ[DOCUMENT_VARIABLE]) == PERSON
    assert seen_by_a_child() == ""


def test_it_goes_also_when_another_is_given_by_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{OTHER_PERSON.number}\n"))
    assert read_document("-") == OTHER_PERSON
    assert DOCUMENT_VARIABLE not in os.environ


def test_it_goes_also_when_it_is_no_document() -> None:
    with pytest.raises(DocumentInvalid):
        read_document("11111111A")
    assert DOCUMENT_VARIABLE not in os.environ


def test_a_command_takes_it_out_of_the_environment(tmp_path: Path) -> None:
    context = context_of("town", tmp_path / "town", SignedDirectory(SystemClock(), TOWN_AND_NGO))
    hold(context, person_record())
    done = invoke(main, "records", "show", "--home", str(write_home(context)), "--json")
    assert (done.code, PERSON.number in done.out) == (0, True)
    assert DOCUMENT_VARIABLE not in os.environ
    context.close()


def commands_about_a_person() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in COMMANDS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                named = [*node.args.args, *node.args.kwonlyargs]
                if any(ast.unparse(each.annotation or ast.Constant(None)) == "DocumentOption" for each in named):
                    yield f"{path.stem}.{node.name}", node


def _named(value: object) -> str:
    return value if isinstance(value, str) else "command"


@pytest.mark.parametrize(("name", "command"), list(commands_about_a_person()), ids=_named)
def test_every_command_about_a_person_reads_the_document_in_the_one_way(name: str, command: ast.FunctionDef) -> None:
    uses = [node for node in ast.walk(command) if isinstance(node, ast.Name) and node.id == "document"]
    read = [
        node.args[0]
        for node in ast.walk(command)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "read_document"
    ]
    assert read, f"{name} does not call read_document"
    loaded = [use for use in uses if isinstance(use.ctx, ast.Load)]
    assert all(any(use is each for each in read) for use in loaded), f"{name} uses the option before it is read"


def test_the_variable_is_named_in_one_place_only() -> None:
    naming = [path.name for path in COMMANDS if DOCUMENT_VARIABLE in path.read_text(encoding="utf-8")]
    assert naming == ["arguments.py"]
