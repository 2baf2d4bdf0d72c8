"""Every command line shown in the documentation exists, with the options it is shown with."""

import re
import shlex
from pathlib import Path

import click
import pytest

from tests.support.source import ROOT
from tools.reference import program_command

PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md"), *ROOT.glob("*/README.md")]
)
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(redpact-(?:node|coordinator|audit) [^`]+)`")


def shown_commands(page: Path) -> list[str]:
    """Return the command lines that a page shows, in blocks after ``$`` and inline."""
    text = page.read_text(encoding="utf-8")
    lines = [line[2:] for block in BLOCK.findall(text) for line in block.splitlines() if line.startswith("$ redpact-")]
    return [*lines, *(found.replace("\n", " ") for found in INLINE.findall(text))]


def check_command(line: str) -> str:
    """Return what is wrong with a command line, or nothing."""
    program, *words = shlex.split(line)
    command = program_command(program)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        if name not in command.commands:
            return f"{line}: no command {name!r}"
        command = command.commands[name]
    known = {flag for parameter in command.params for flag in [*parameter.opts, *parameter.secondary_opts]} | {"--help"}
    options = [word.split("=")[0] for word in words if re.fullmatch(r"--[a-z][a-z-]*(=.*)?", word)]
    return "".join(f"{line}: no option {option}" for option in options if option not in known)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_are_shown_as_they_are(page: Path) -> None:
    faults = [check_command(line) for line in shown_commands(page) if "|" not in line and "..." not in line]
    assert [fault for fault in faults if fault] == []
