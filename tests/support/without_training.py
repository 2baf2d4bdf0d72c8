"""The programs as an entity has them that only exchanges data: ``python -m tests.support.without_training NODE COORD``.

The libraries of training cannot be imported in this process. Every command of the three programs is run with plausible
arguments on a node's home and a coordinator's, and how each ended is printed as JSON. Nobody answers at the addresses
of these homes.
"""

import importlib
import io
import json
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, Final
from unittest import mock

from typing_extensions import override

BLOCKED: Final = frozenset({"flwr", "opacus", "opendp", "torch"})


class Absent(MetaPathFinder):
    """Finds none of the blocked packages, as on a machine where they are not installed."""

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def block() -> None:
    """Take the libraries of training away from this process."""
    sys.meta_path.insert(0, Absent())


VALUES: Final = {
    "campaign_id": "ab" * 16,
    "document": "00000000T",
    "until": "2030-01-01",
    "fields": "person.sex",
    "kind": "public",
    "lang": "es",
    "epsilon": "1.0",
    "width": "80",
}
ENDLESS: Final = frozenset({"redpact-node serve", "redpact-coordinator serve"})
"""They are started and stopped by a test of their own."""


def arguments(command: Any, homes: dict[str, Path], program: str, scratch: Path) -> list[str]:
    """Return values for whatever a command requires, and the home of its program."""
    given: list[str] = []
    positional: list[str] = []
    for each in command.params:
        if each.name == "home":
            given += ["--home", str(homes[program])]
        elif each.required:
            value = _value(each, scratch)
            if each.param_type_name == "argument":
                positional.append(value)
            else:
                given += [each.opts[0], value] if not each.is_flag else [each.opts[0]]
    return [*given, "--", *positional] if positional else given


def _value(parameter: Any, scratch: Path) -> str:
    kind = parameter.type
    if getattr(kind, "choices", None):
        return str(next(iter(kind.choices)))
    if parameter.name in VALUES:
        return VALUES[parameter.name]
    if kind.name in {"integer", "integer range", "float", "float range"}:
        return "1"
    return str(scratch) if kind.name == "path" else "x"


def run(main: Any, given: list[str]) -> dict[str, Any]:
    """Return how a program ended: its exit code, what it said, and the traceback if it broke."""
    out, err, code, broken = io.StringIO(), io.StringIO(), 0, ""
    with (
        mock.patch.object(sys, "argv", ["program", *given]),
        mock.patch.object(sys, "stdin", io.StringIO("")),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except Exception:  # noqa: BLE001 - any traceback is what the test looks for
            broken = traceback.format_exc()
    return {"code": code, "out": out.getvalue(), "err": err.getvalue(), "traceback": broken}


def walked(homes: dict[str, Path], scratch: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every command's path with how it ended."""
    from tests.support.help_pages import commands
    from tools.reference import PROGRAMS, program_command

    for program, module in PROGRAMS.items():
        main = importlib.import_module(module).main
        for path, command in commands(program_command(program), program):
            if not hasattr(command, "commands") and path not in ENDLESS:
                yield path, run(main, [*path.split()[1:], *arguments(command, homes, program, scratch)])


def main(node: str, coordinator: str) -> None:
    """Print how every command ended."""
    block()
    from presentation.messages import use_language

    use_language("en")
    scratch = Path(node).parent / "scratch.csv"
    scratch.write_text("entity,chronic\n", encoding="utf-8")
    homes = {"redpact-node": Path(node), "redpact-coordinator": Path(coordinator), "redpact-audit": scratch.parent}
    sys.stdout.write(json.dumps(dict(walked(homes, scratch))))


if __name__ == "__main__":
    main(*sys.argv[1:])
