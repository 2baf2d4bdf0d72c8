"""The words of Click and Typer are Spanish or English, as the program's are."""

import gettext
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from presentation.command_words import SPANISH, SPANISH_PLURALS, speak_current_language
from presentation.messages import language


@pytest.fixture(autouse=True)
def _spoken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    speak_current_language()


def said(lang: str, *arguments: str, rich: bool = True) -> str:
    app = typer.Typer(add_completion=False, rich_markup_mode="rich" if rich else None)

    @app.command()
    def greet(
        name: str,
        folder: Annotated[Path, typer.Option(exists=True)],
        times: Annotated[int, typer.Option(help="Veces")] = 3,
        loud: Annotated[bool, typer.Option("--loud")] = False,
    ) -> None:
        typer.echo(f"{name} {folder} {times} {loud}")

    @app.command()
    def leave() -> None:
        typer.echo("")

    with language(lang):
        result = CliRunner().invoke(app, [*arguments])
    return " ".join(result.output.split())


@pytest.mark.parametrize("rich", [True, False])
def test_help_is_in_the_language(rich: bool) -> None:
    spanish, english = (said(lang, "greet", "--help", rich=rich) for lang in ("es", "en"))
    for word in (
        "Uso:",
        "Opciones",
        "Argumentos",
        "por omisión: 3",
        "obligatorio",
        "Muestra esta ayuda",
        "ENTERO",
        "RUTA",
    ):
        assert word in spanish
    for word in ("Usage:", "Options", "Arguments", "default: 3", "required", "Show this message", "INTEGER", "PATH"):
        assert word in english
        assert word not in spanish


def test_the_list_of_commands_is_in_the_language() -> None:
    assert "Órdenes" in said("es", "--help")
    assert "Commands" in said("en", "--help")


@pytest.mark.parametrize("rich", [True, False])
@pytest.mark.parametrize(
    ("arguments", "spanish", "english"),
    [
        (("greet", "Ana"), "Falta la opción", "Missing option"),
        (("greet", "--folder", "."), "Falta el argumento", "Missing argument"),
        (("greet", "--nothing"), "No hay ninguna opción", "No such option"),
        (("nothing",), "No hay ninguna orden", "No such command"),
        (("greet", "Ana", "--folder", "/nowhere"), "no existe", "does not exist"),
        (("greet", "Ana", "--folder", ".", "--times", "x"), "no es un número válido (entero)", "not a valid integer"),
        (("greet", "Ana", "--folder"), "necesita un valor", "requires an argument"),
        (("greet", "Ana", "Eva", "--folder", "."), "Sobra un argumento", "unexpected extra argument"),
    ],
)
def test_mistakes_are_told_in_the_language(arguments: tuple[str, ...], spanish: str, english: str, rich: bool) -> None:
    shown = said("es", *arguments, rich=rich)
    assert spanish in shown
    shown = said("en", *arguments, rich=rich)
    assert english in shown


@pytest.mark.parametrize("rich", [True, False])
def test_a_mistake_leads_to_the_help_and_to_what_was_meant(rich: bool) -> None:
    assert "para ver la ayuda" in said("es", "greet", "--nothing", rich=rich)
    assert "for help" in said("en", "greet", "--nothing", rich=rich)
    assert "¿Quiso decir" in said("es", "gret", rich=rich)
    assert "Did you mean" not in said("es", "gret", rich=rich)
    assert "Did you mean" in said("en", "gret", rich=rich)


def test_neither_the_environment_nor_other_libraries_are_touched() -> None:
    before = dict(os.environ)
    speak_current_language()
    assert dict(os.environ) == before
    assert gettext.gettext("Usage:") == "Usage:"


def test_a_program_starts_without_the_slow_module_of_panels() -> None:
    code = (
        "import sys; from presentation.command_words import speak_current_language as speak; speak(); "
        "print('typer.rich_utils' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_the_libraries_still_have_the_words_that_are_translated() -> None:
    import click

    folders = [Path(click.__file__).parent, Path(typer.__file__).parent]
    sources = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("*.py"))
    words = [*SPANISH, *SPANISH_PLURALS]
    assert [word for word in words if word.replace("\n", "\\n").replace("\t", "\\t") not in sources] == []


def told(lang: str, *arguments: str) -> str:
    app = typer.Typer(add_completion=False)

    @app.command()
    def show(
        number: Annotated[int, typer.Argument(metavar="NÚMERO", help="Cuál; por ejemplo redpact[pdf].")],
        home: Annotated[Path, typer.Option(envvar="REDPACT_TEST_HOME", help="Carpeta.")],
        limit: Annotated[int, typer.Option(min=1, max=9)] = 3,
    ) -> None:
        typer.echo(f"{number} {home} {limit}")

    with language(lang):
        result = CliRunner().invoke(app, [*arguments])
    return " ".join(word for word in result.output.replace("│", " ").split())


def test_the_variable_of_a_missing_option_is_named_in_the_language() -> None:
    assert "(variable de entorno: 'REDPACT_TEST_HOME')" in told("es", "1")
    assert "(env var: 'REDPACT_TEST_HOME')" in told("en", "1")


def test_usage_and_ranges_are_in_the_language() -> None:
    assert "[OPCIONES] NÚMERO" in told("es", "--help")
    assert "[OPTIONS] NÚMERO" in told("en", "--help")
    assert "ENTERO [1<=x<=9]" in told("es", "--help")
    assert "INTEGER [1<=x<=9]" in told("en", "--help")
    assert "'x' no es un número válido (entero)" in told("es", "1", "--limit", "x", "--home", ".")


@pytest.mark.parametrize("width", ["50", "100"])
def test_the_help_of_an_argument_is_shown_whole_and_its_name_in_the_code_is_not(
    width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    shown = told("es", "--help")
    assert "Cuál; por ejemplo redpact[pdf]." in shown
    assert " number " not in shown
