"""Every ``--help`` of the programs in one language, as JSON: ``python -m tests.support.help_pages LANG WIDTH``.

A process of its own, for help has the language in which its module was loaded.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

import click
from click.testing import CliRunner

from presentation.command_words import speak_current_language
from presentation.messages import use_language
from tools.reference import PROGRAMS, program_command


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield a command and those below it, with their paths."""
    yield path, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from commands(child, f"{path} {name}")


def page(root: click.Command, path: str, command: click.Command) -> dict[str, Any]:
    """Return the help of a command: as printed, and the parts that it has to show whole."""
    program, *names = path.split()
    printed = CliRunner().invoke(root, [*names, "--help"], prog_name=program)
    context = click.Context(command, info_name=path)
    shown = [each for each in command.params if not getattr(each, "hidden", False)]
    return {
        "text": printed.output,
        "usage": command.get_usage(context),
        "flags": [flag for each in shown if isinstance(each, click.Option) for flag in each.opts],
        "metavars": [each.make_metavar(ctx=context) for each in shown if each.type.name != "boolean"],
        "kinds": [type(each.type).__name__ for each in shown if each.type.name != "boolean"],
        "helps": [getattr(each, "help", None) or "" for each in shown] + [command.help or ""],
    }


def main(lang: str, width: str) -> None:
    """Print the pages."""
    os.environ["COLUMNS"] = width
    use_language(lang)
    speak_current_language()
    roots = {program: program_command(program) for program in PROGRAMS}
    pages = {
        path: page(root, path, command) for program, root in roots.items() for path, command in commands(root, program)
    }
    sys.stdout.write(json.dumps(pages))


if __name__ == "__main__":
    main(*sys.argv[1:])
