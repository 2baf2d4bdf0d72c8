"""The words of the command-line libraries, Click and Typer, in the current language: they only bring English.

Both look their words up in gettext's process-wide catalogue, which environment variables choose; those would reach
child processes and every other library. Here only the names that their modules hold are exchanged, once.
"""

import gettext
import importlib
import re
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from itertools import pairwise
from types import ModuleType
from typing import Any, Final

from presentation.catalogue import LANGUAGES, SOURCE
from presentation.command_help import options_panel, without_markup
from presentation.messages import current_language, use_language

_LIBRARIES: Final = ("click", "typer")
_RICH: Final = "rich_utils"

SPANISH: Final = {
    "Usage:": "Uso:",
    "Options": "Opciones",
    "Commands": "Órdenes",
    "Arguments": "Argumentos",
    "Positional arguments": "Argumentos",
    "Error": "Error",
    "Error: {message}": "Error: {message}",
    "Error: invalid input": "Error: entrada no válida",
    "Error: The two entered values do not match.": "Error: los dos valores no coinciden.",
    "Aborted!": "¡Interrumpido!",
    "Aborted.": "Interrumpido.",
    "deprecated": "en desuso",
    "(deprecated) ": "(en desuso) ",
    "(dynamic)": "(dinámico)",
    "required": "obligatorio",
    "[required]": "[obligatorio]",
    "default: {default}": "por omisión: {default}",
    "[default: {}]": "[por omisión: {}]",
    "env var: {var}": "variable de entorno: {var}",
    "[env var: {}]": "[variable de entorno: {}]",
    "Show this message and exit.": "Muestra esta ayuda y termina.",
    "Show the version and exit.": "Muestra la versión y termina.",
    "Do you want to continue?": "¿Quiere continuar?",
    "Confirm the action without prompting.": "Confirma la acción sin preguntar.",
    "Repeat for confirmation": "Repítalo para confirmar",
    "Try '{command} {option}' for help.": "Pruebe «{command} {option}» para ver la ayuda.",
    "Try [blue]'{command_path} {help_option}'[/] for help.": (
        "Pruebe [blue]«{command_path} {help_option}»[/] para ver la ayuda."
    ),
    "Invalid value: {message}": "Valor no válido: {message}",
    "Invalid value for {param_hint}: {message}": "Valor no válido para {param_hint}: {message}",
    "Missing command.": "Falta la orden.",
    "Missing argument": "Falta el argumento",
    "Missing option": "Falta la opción",
    "Missing parameter": "Falta el parámetro",
    "Missing {param_type}": "Falta {param_type}",
    "Missing parameter: {param_name}": "Falta el parámetro: {param_name}",
    "No such option {name!r}.": "No hay ninguna opción {name!r}.",
    "No such command {name!r}.": "No hay ninguna orden {name!r}.",
    "Option {name!r} does not take a value.": "La opción {name!r} no lleva valor.",
    "Argument {name!r} takes {nargs} values.": "El argumento {name!r} lleva {nargs} valores.",
    "Could not open file {filename!r}: {message}": "No se puede abrir el fichero {filename!r}: {message}",
    "unknown error": "error desconocido",
    "Choose from:\n\t{choices}": "Elija entre:\n\t{choices}",
    "{value!r} is not a valid {number_type}.": "{value!r} no es un número válido ({number_type}).",
    "{value} is not in the range {range}.": "{value} está fuera del intervalo {range}.",
    "{value!r} is not a valid UUID.": "{value!r} no es un UUID válido.",
    "{value!r} is not a valid boolean. Recognized values: {states}": (
        "{value!r} no es sí ni no. Valores que se entienden: {states}"
    ),
    "Value must be an iterable.": "Se esperan varios valores.",
    "file": "fichero",
    "directory": "carpeta",
    "path": "ruta",
    "{name} {filename!r} does not exist.": "{name} {filename!r} no existe.",
    "{name} {filename!r} is a file.": "{name} {filename!r} es un fichero.",
    "{name} {filename!r} is a directory.": "{name} {filename!r} es una carpeta.",
    "{name} {filename!r} is not readable.": "{name} {filename!r} no se puede leer.",
    "{name} {filename!r} is not writable.": "{name} {filename!r} no se puede escribir.",
    "{name} {filename!r} is not executable.": "{name} {filename!r} no se puede ejecutar.",
}
"""English word of the libraries -> Spanish."""

SPANISH_PLURALS: Final = {
    "Did you mean {possibility}?": ("¿Quiso decir {possibility}?", "(¿Quiso decir uno de estos: {possibilities}?)"),
    "Got unexpected extra argument ({args})": ("Sobra un argumento ({args})", "Sobran argumentos ({args})"),
    "Takes {nargs} values but 1 was given.": (
        "Lleva {nargs} valores y hay 1.",
        "Lleva {nargs} valores y hay {len}.",
    ),
    "Option {name!r} requires an argument.": (
        "La opción {name!r} necesita un valor.",
        "La opción {name!r} necesita {nargs} valores.",
    ),
    "{value!r} is not {choice}.": ("{value!r} no es {choice}.", "{value!r} no es ninguno de estos: {choices}."),
    "{value!r} does not match the format {format}.": (
        "{value!r} no tiene la forma {format}.",
        "{value!r} no tiene ninguna de las formas {formats}.",
    ),
    "{len_type} values are required, but {len_value} was given.": (
        "Se necesitan {len_type} valores y hay {len_value}.",
        "Se necesitan {len_type} valores y hay {len_value}.",
    ),
}
"""English singular -> Spanish singular and plural."""

METAVARS: Final = {
    "text": "texto",
    "integer": "entero",
    "datetime": "fecha",
    "float": "número",
    "file": "fichero",
    "directory": "carpeta",
    "path": "ruta",
    "filename": "fichero",
}
"""Names of the values of an option, shown in capitals."""

USAGE: Final = {"OPTIONS": "OPCIONES", "COMMAND": "ORDEN", "ARGS": "ARGUMENTOS"}
"""Words in capitals of the line of usage."""

_CAPITALS: Final = re.compile("|".join(USAGE))
_ENGLISH: Final = {
    "fichero": "file",
    "carpeta": "directory",
    "ruta": "path",
    "integer range": "integer",
    "float range": "float",
}
_NAMED: Final = ("StringParamType", "IntParamType", "IntRange", "FloatParamType", "FloatRange", "DateTime")
_CONSTANTS: Final = {
    "DEPRECATED_STRING": "(deprecated) ",
    "DEFAULT_STRING": "[default: {}]",
    "ENVVAR_STRING": "[env var: {}]",
    "REQUIRED_LONG_STRING": "[required]",
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
    "ERRORS_PANEL_TITLE": "Error",
    "ABORTED_TEXT": "Aborted.",
    "RICH_HELP": "Try [blue]'{command_path} {help_option}'[/] for help.",
}
"""Names in Typer's module of panels, computed when it is imported."""


def speak_as_asked(arguments: Sequence[str] | None = None) -> None:
    """Settle the language of a program by ``--lang`` among its arguments, or else as it stands, and speak it.

    Args:
        arguments: of the command line; those of the process when None.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    asked = [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    asked += [after for word, after in pairwise(words) if word == "--lang"]
    if asked and asked[-1] in LANGUAGES:
        use_language(asked[-1])
    speak_current_language()


def speak_current_language() -> None:
    """Make Click and Typer use the current language, at the time of each word. Called once at a program's start."""
    typer = importlib.import_module("typer")
    core = importlib.import_module("typer.core")
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in _LIBRARIES:
            _exchange(module)
    _name_values(importlib.import_module("click.types"))
    click = importlib.import_module("click.core")
    _wrap(core.TyperGroup, "resolve_command", _suggesting)
    for kind in (click.Command, click.Group):
        _wrap(kind, "collect_usage_pieces", _in_capitals)
    _wrap(click.Option, "get_error_hint", _hinting)
    _wrap(core.TyperArgument, "__init__", _keeping_help)
    if not isinstance(getattr(typer, _RICH, None), _Panels):
        setattr(typer, _RICH, _Panels(f"typer.{_RICH}"))


def word(text: str) -> str:
    """Return a word of the libraries in the current language."""
    return SPANISH.get(text, text) if current_language() == SOURCE else text


def plural_word(one: str, many: str, n: int) -> str:
    """Return a word of the libraries that depends on a count, in the current language."""
    english = one if n == 1 else many
    if current_language() != SOURCE or one not in SPANISH_PLURALS:
        return english
    return SPANISH_PLURALS[one][0 if n == 1 else 1]


class _Panels(ModuleType):
    """Stands for Typer's module of panels: imports it at the first use, for it is slow, and sets its constants."""

    def __getattr__(self, name: str) -> Any:  # type: ignore[explicit-override]  # typing.override needs 3.12
        if name.startswith("__"):
            raise AttributeError(name)
        module = importlib.import_module(f"typer.{_RICH}")
        setattr(sys.modules["typer"], _RICH, self)  # importing put the module itself there
        _exchange(module)
        for constant, english in _CONSTANTS.items():
            setattr(module, constant, word(english))
        _wrap(module, "_print_options_panel", options_panel)
        _wrap(module, "_make_rich_text", without_markup)
        return getattr(module, name)


class _Name:
    """The name of a type of values, in the current language. Types of paths set theirs when they are made."""

    def __init__(self, english: str) -> None:
        self._english = english

    def __get__(self, instance: object, _owner: type | None = None) -> str:
        own = self._english if instance is None else vars(instance).get("name", self._english)
        english = _ENGLISH.get(own, own)
        return METAVARS.get(english, english) if current_language() == SOURCE else english

    def __set__(self, instance: object, name: str) -> None:
        vars(instance)["name"] = name


def _wrap(owner: Any, name: str, wrapper: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put a function of the libraries inside ours, once."""
    held = vars(owner)[name]
    if not hasattr(held, "__wrapped__"):
        setattr(owner, name, wrapper(held))


def _in_capitals(collect: Callable[..., list[str]]) -> Callable[..., list[str]]:
    """Return Click's list of what a command line holds, with its fixed words in the current language."""

    @wraps(collect)
    def collected(command: Any, *arguments: Any) -> list[str]:
        pieces = collect(command, *arguments)
        fixed = {command.options_metavar, getattr(command, "subcommand_metavar", None)}
        if current_language() != SOURCE:
            return pieces
        return [_CAPITALS.sub(lambda found: USAGE[found[0]], each) if each in fixed else each for each in pieces]

    return collected


def _hinting(hint: Callable[..., str]) -> Callable[..., str]:
    """Return Click's name of an option in an error, which names the variable without gettext."""

    @wraps(hint)
    def hinted(*arguments: Any) -> str:
        text = hint(*arguments)
        return text.replace(" (env var: ", " (variable de entorno: ") if current_language() == SOURCE else text

    return hinted


def _keeping_help(make: Callable[..., None]) -> Callable[..., None]:
    """Return the maker of Typer's arguments that keeps their help, which Click 8.5 clears after Typer has set it."""

    @wraps(make)
    def made(argument: Any, **named: Any) -> None:
        make(argument, **named)
        argument.help = named.get("help")

    return made


def _suggesting(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Return Typer's search for a command, which writes its suggestion without gettext, in the current language."""

    @wraps(resolve)
    def resolved(*arguments: Any, **named: Any) -> Any:
        from click import UsageError

        try:
            return resolve(*arguments, **named)
        except UsageError as error:
            if current_language() == SOURCE:
                error.message = error.message.replace(". Did you mean ", ". ¿Quiso decir ")  # type: ignore[misc]  # Typer sets it too
            raise

    return resolved


def _exchange(module: ModuleType) -> None:
    held = vars(module)
    if held.get("_") is gettext.gettext:
        held["_"] = word
    if held.get("ngettext") is gettext.ngettext:
        held["ngettext"] = plural_word


def _name_values(types: ModuleType) -> None:
    for name in (*_NAMED, "File", "Path"):
        kind = getattr(types, name)
        if not isinstance(vars(kind).get("name"), _Name):
            kind.name = _Name(vars(kind).get("name", "path"))
