"""A question before something that cannot be undone: only a clear yes goes on."""

import pytest
import typer
from typer.testing import CliRunner

from presentation.messages import language
from service.command_line import agree


def asked(lang: str, answer: str) -> tuple[int, str]:
    app = typer.Typer(add_completion=False)

    @app.command()
    def erase() -> None:
        agree("Sure?")
        typer.echo("erased")

    with language(lang):
        result = CliRunner().invoke(app, [], input=answer)
    return result.exit_code, result.output


@pytest.mark.parametrize(("lang", "choice"), [("es", "Sure? [s/N]"), ("en", "Sure? [y/N]")])
def test_the_choice_is_in_the_readers_language(lang: str, choice: str) -> None:
    assert choice in asked(lang, "\n")[1]


@pytest.mark.parametrize("answer", ["s", "S", "sí", "si", "y", "yes", " Yes "])
def test_yes_is_understood_in_both_languages(answer: str) -> None:
    code, output = asked("es", f"{answer}\n")
    assert code == 0
    assert "erased" in output


@pytest.mark.parametrize("answer", ["\n", "n\n", "no\n", "seguro\n", ""])
def test_anything_else_ends_the_command(answer: str) -> None:
    code, output = asked("es", answer)
    assert code == 1
    assert "erased" not in output
