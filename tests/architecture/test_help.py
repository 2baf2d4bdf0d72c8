"""Every ``--help`` of the three programs is wholly in its reader's language, and fits a narrow terminal."""

import json
import re
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from tests.support.source import ROOT

LANGUAGES = ("es", "en")
STRUCTURE = {
    "es": "Uso: Opciones Órdenes Argumentos OPCIONES ORDEN ARGUMENTOS TEXTO ENTERO RUTA NÚMERO",
    "en": "Usage: Options Commands Arguments OPTIONS COMMAND ARGS TEXT INTEGER PATH FLOAT",
}
"""Words of the libraries that some page shows in that language."""
FIXED = {
    "es": ("Uso:", "obligatorio", "por omisión", "variable de entorno", "Muestra esta ayuda y termina"),
    "en": ("Usage:", "required", "default", "env var", "Show this message and exit"),
}
SAME = {"ID", "[ID]"}
"""Names of values that are the same word in both languages."""
LITERAL = re.compile(r"\[[a-z_]+(\|[a-z_]+)+\]")
"""Values to be typed as they are."""


@cache
def pages(lang: str, width: int) -> dict[str, dict[str, Any]]:
    command = [sys.executable, "-m", "tests.support.help_pages", lang, str(width)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    found: dict[str, dict[str, Any]] = json.loads(result.stdout)
    return found


def other(lang: str) -> str:
    return "en" if lang == "es" else "es"


def whole(word: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_words_of_the_libraries_are_in_the_language(lang: str) -> None:
    shown = pages(lang, 80)
    everything = "\n".join(page["text"] for page in shown.values())
    assert [word for word in STRUCTURE[lang].split() if not whole(word.rstrip(":"), everything)] == []
    strange = [*STRUCTURE[other(lang)].split(), *FIXED[other(lang)], "RANGE", "DIRECTORY"]
    heads = {path: page["text"].replace("\n", " ") for path, page in shown.items()}
    found = {
        path: [word for word in strange if whole(word.rstrip(":"), _structural(page["usage"], heads[path]))]
        for path, page in shown.items()
    }
    assert {path: words for path, words in found.items() if words} == {}


def _structural(usage: str, text: str) -> str:
    """Return the line of usage, the titles of panels and what stands in brackets: all that Click and Typer write."""
    titles = re.findall(r"╭─ ([^─]+) ─", text)
    return " ".join([usage, *titles, *re.findall(r"\[[^\]│]+\]", text)])


@pytest.mark.parametrize("lang", LANGUAGES)
def test_values_are_named_in_the_language(lang: str) -> None:
    mine, others = pages(lang, 80), pages(other(lang), 80)
    same = {
        f"{path}: {name}"
        for path, page in mine.items()
        for name, theirs in zip(page["metavars"], others[path]["metavars"], strict=True)
        if name == theirs and name not in SAME and not LITERAL.fullmatch(name)
    }
    assert same == set()


def test_every_value_of_an_argument_is_explained_in_both_languages() -> None:
    spanish, english = pages("es", 80), pages("en", 80)
    silent = {path for path, page in spanish.items() if "" in page["helps"]}
    assert silent == set()
    untranslated = {
        f"{path}: {text}"
        for path, page in spanish.items()
        for text, theirs in zip(page["helps"], english[path]["helps"], strict=True)
        if text == theirs
    }
    assert untranslated == set()


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_is_broken_and_no_line_is_wider_than_the_terminal(lang: str, width: int) -> None:
    for path, page in pages(lang, width).items():
        lines = page["text"].splitlines()
        assert [line for line in lines if len(line) > width] == [], path
        words = set(" ".join(line.strip("│ ") for line in lines).split())
        names = [*page["flags"], *(name.strip("[]") for name in page["metavars"] if not LITERAL.fullmatch(name))]
        assert [name for name in names if not any(name in word for word in words)] == [], path
        said = {word for text in page["helps"] for word in text.split() if len(word) <= width // 3}
        assert sorted(word for word in said if word not in words) == [], path
