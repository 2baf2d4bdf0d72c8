"""Write the reference pages that the code itself dictates (errors, commands, settings), or check them (``--check``).

A test runs the check, so a page cannot fall behind the program.
"""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import click
import typer.main

from policies.errors import EXIT_CODES, ErrorKind, RedpactError
from presentation.command_words import speak_current_language
from presentation.messages import in_language, use_language

ROOT: Final = Path(__file__).resolve().parent.parent
REFERENCE: Final = ROOT / "docs" / "reference"
PACKAGES: Final = ("policies", "consent_ledger", "records_exchange", "federated", "node", "coordinator")
PROGRAMS: Final = {
    "redpact-node": "node.cli.app",
    "redpact-coordinator": "coordinator.cli.app",
    "redpact-audit": "consent_ledger.cli.app",
}
GENERATED: Final = "<!-- Written by `python -m tools.reference`; edit the code, not this page. -->"


class CommandWords(NamedTuple):
    """The words of the page of commands in one language."""

    title: str
    head: str
    parameter: str
    meaning: str
    required: str


COMMAND_WORDS: Final = {
    "es": CommandWords(
        "Órdenes",
        "Códigos de salida (en inglés): [exit-codes.md](exit-codes.md). La opción `--help` dice lo mismo.",
        "parámetro",
        "significado",
        "obligatorio",
    ),
    "en": CommandWords(
        "Commands",
        "Exit codes: [exit-codes.md](exit-codes.md). The option `--help` says the same.",
        "parameter",
        "meaning",
        "required",
    ),
}


class ErrorWords(NamedTuple):
    """The words of the page of errors in one language."""

    title: str
    head: str
    exit_code: str
    columns: tuple[str, str]
    kinds: Mapping[ErrorKind, str]


ERROR_WORDS: Final = {
    "es": ErrorWords(
        "Errores",
        "Cada error que RedPACT da a propósito tiene un código estable. Con `--json` se escribe como\n"
        '`{"error": {"code", "message", "remedy", "es", "en"}, "exit_code"}`.',
        "Código de salida",
        ("código", "qué ha pasado y qué hacer"),
        {
            ErrorKind.REFUSED: "rechazado, o la prueba no se puede comprobar",
            ErrorKind.USAGE: "uso incorrecto: la petición no tiene sentido tal como está",
            ErrorKind.UNREACHABLE: "no se llega: inténtelo más tarde",
            ErrorKind.DAMAGED: "algo está dañado en este equipo",
        },
    ),
    "en": ErrorWords(
        "Errors",
        "Every error that RedPACT raises on purpose has a stable code. `--json` prints it as\n"
        '`{"error": {"code", "message", "remedy", "es", "en"}, "exit_code"}`.',
        "Exit code",
        ("code", "what happened and what to do"),
        {
            ErrorKind.REFUSED: "refused, or the evidence does not verify",
            ErrorKind.USAGE: "wrong usage: the request makes no sense as it stands",
            ErrorKind.UNREACHABLE: "not reachable: try again later",
            ErrorKind.DAMAGED: "damaged state on this machine",
        },
    ),
}


def all_errors() -> list[type[RedpactError]]:
    """Return every error class that an ``errors.py`` of the project defines, by code."""
    classes: set[type[RedpactError]] = set()
    for package in PACKAGES:
        folder = importlib.import_module(package).__path__
        names = [found.name for found in pkgutil.walk_packages(folder, prefix=f"{package}.")]
        for name in (name for name in names if name.endswith(".errors")):
            values = vars(importlib.import_module(name)).values()
            classes |= {value for value in values if inspect.isclass(value) and issubclass(value, RedpactError)}
    return sorted(classes - {RedpactError}, key=lambda found: found.code)


def concrete_errors() -> list[type[RedpactError]]:
    """Return the classes that are raised: all but each package's root."""
    return [found for found in all_errors() if not (found.__doc__ or "").startswith("Root of the errors of")]


def errors_page(lang: str) -> str:
    """Return docs/reference/errors.LANG.md."""
    words = ERROR_WORDS[lang]
    lines = [GENERATED, f"# {words.title}", "", words.head]
    for kind in ErrorKind:
        lines += ["", f"## {words.exit_code} {EXIT_CODES[kind]}: {words.kinds[kind]}", ""]
        lines += [f"| {words.columns[0]} | {words.columns[1]} |", "|---|---|"]
        found = [error for error in concrete_errors() if error.kind is kind]
        lines += [f"| `{error.code}` | {in_language(error.sentence, lang)} |" for error in found]
    return "\n".join(lines) + "\n"


def _first_line(text: str | None) -> str:
    return inspect.cleandoc(text or "").split("\n\n")[0].replace("\n", " ").replace("|", "\\|").replace("<", "\\<")


def commands_page(lang: str) -> str:
    """Return docs/reference/commands.LANG.md, made in a process of that language."""
    command = [sys.executable, "-m", "tools.reference", "--commands", lang]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def _commands_page(words: CommandWords) -> str:
    lines = [GENERATED, f"# {words.title}", "", words.head]
    for program in PROGRAMS:
        root = program_command(program)
        lines += ["", f"## {program}", "", _first_line(root.help)]
        for path, command in _leaves(root, program):
            lines += ["", f"### `{path}`", "", _first_line(command.help), "", *_parameters(command, words)]
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


def program_command(program: str) -> click.Command:
    """Return the root command of one of the `PROGRAMS`."""
    loaded = importlib.import_module(PROGRAMS[program])
    found = loaded.build_app() if hasattr(loaded, "build_app") else loaded.app
    return typer.main.get_command(found)


def _leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _leaves(child, f"{path} {name}")
    else:
        yield path, command


def _parameters(command: click.Command, words: CommandWords) -> list[str]:
    rows = [_row(parameter, words) for parameter in command.params if parameter.name != "help"]
    return [f"| {words.parameter} | {words.meaning} |", "|---|---|", *rows] if rows else []


def _row(parameter: click.Parameter, words: CommandWords) -> str:
    flags = [*parameter.opts, *parameter.secondary_opts] if isinstance(parameter, click.Option) else [parameter.metavar]
    name = ", ".join(f"`{flag}`" for flag in flags)
    needed = f" ({words.required})" if parameter.required else ""
    return f"| {name}{needed} | {_first_line(getattr(parameter, 'help', None))} |"


SETTINGS: Final = (("node.settings", "NodeSettings"), ("coordinator.settings", "CoordinatorSettings"))


class SettingsWords(NamedTuple):
    """The words of the page of settings in one language."""

    title: str
    head: str
    files: tuple[str, ...]
    """A heading for each of `SETTINGS`."""
    columns: str
    required: str
    empty: str


SETTINGS_WORDS: Final = {
    "es": SettingsWords(
        "Configuración",
        "`init` escribe el fichero; cámbielo y reinicie el servicio. Un valor desconocido o incorrecto detiene el\n"
        "servicio con el código de salida 2 y el nombre del valor. La carpeta viene de `--home` o de `REDPACT_HOME`;\n"
        "`REDPACT_LANG` elige `es` o `en`.",
        ("HOME/node.toml (el nodo de una entidad)", "HOME/coordinator.toml (el coordinador)"),
        "| ajuste | significado | por omisión |",
        "(obligatorio)",
        "(vacío)",
    ),
    "en": SettingsWords(
        "Settings",
        "`init` writes the file; edit it and restart the service. An unknown or wrong value stops the service with\n"
        "exit code 2 and the name of the value. The folder comes from `--home` or `REDPACT_HOME`; `REDPACT_LANG`\n"
        "chooses `es` or `en`.",
        ("HOME/node.toml (an entity's node)", "HOME/coordinator.toml (the coordinator)"),
        "| setting | meaning | default |",
        "(required)",
        "(empty)",
    ),
}


def settings_page(lang: str) -> str:
    """Return docs/reference/settings.LANG.md."""
    words = SETTINGS_WORDS[lang]
    lines = [GENERATED, f"# {words.title}", "", words.head]
    for heading, (module, name) in zip(words.files, SETTINGS, strict=True):
        fields = getattr(importlib.import_module(module), name).model_fields
        lines += ["", f"## {heading}", "", words.columns, "|---|---|---|"]
        for setting, field in fields.items():
            default = words.required if field.is_required() else _shown(field.default, words)
            lines.append(f"| `{setting}` | {in_language(field.description or '', lang)} | {default} |")
    return "\n".join(lines) + "\n"


def _shown(value: object, words: SettingsWords) -> str:
    return f"`{value}`" if value not in ("", ()) else words.empty


PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "errors.es.md": partial(errors_page, "es"),
    "errors.en.md": partial(errors_page, "en"),
    "commands.es.md": partial(commands_page, "es"),
    "commands.en.md": partial(commands_page, "en"),
    "settings.es.md": partial(settings_page, "es"),
    "settings.en.md": partial(settings_page, "en"),
}


def main() -> int:
    """Write the pages, or with ``--check`` compare and exit 1 when one differs; ``--commands LANG`` prints one."""
    if "--commands" in sys.argv[1:]:
        use_language(sys.argv[-1])
        speak_current_language()
        print(_commands_page(COMMAND_WORDS[sys.argv[-1]]), end="")
        return 0
    check = "--check" in sys.argv[1:]
    stale = []
    for name, page in PAGES.items():
        path, text = REFERENCE / name, page()
        if not check:
            path.write_text(text, encoding="utf-8")
        elif not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
    for name in stale:
        print(f"docs/reference/{name} is not what the code says (run: make docs)")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
