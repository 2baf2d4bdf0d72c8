import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.errors import error_text
from presentation.catalogue import LANGUAGES
from presentation.harmless import harmless, harmless_line, json_text
from presentation.messages import _, joined, listing, plural, speaking
from presentation.pages import words
from presentation.terminal import pairs, paragraph, table
from service.command_line import emit
from service.errors import PeerRefused

OSC_52 = "\x1b]52;c;cm0gLXJmIC8=\x07"
ATTACKS = [
    OSC_52,
    "\x9b2J",
    "\x1b[2K\r\u2713 Todo bien",
    "a\u202egnp.exe",
    "b\u2066u\u2069r",
    "sor\u200bia",
    "sor\ufe0fia",
    "s\u043eria",
    "\u2028linea",
    "x\n\u2713 Todo bien",
    "a" + "\u0301" * 50,
    "\U000e0041",
    "\x7f",
]
HOSTILE = st.lists(st.sampled_from(ATTACKS) | st.text(max_size=20), min_size=1, max_size=4).map("".join)


def is_harmless(text: str) -> bool:
    return all(
        character in "\n\u00a0\u202f" or (character.isprintable() and unicodedata.category(character) != "Cf")
        for character in text
    )


@given(HOSTILE)
def test_nothing_that_a_command_prints_steers_the_terminal(text: str) -> None:
    printed: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.command_line.typer.echo", printed.append)
        for as_json in (False, True):
            emit({"name": text}, text, as_json=as_json)
    assert all(map(is_harmless, printed))
    assert json.loads(printed[1]) == {"name": text}


@given(HOSTILE)
def test_no_value_of_a_message_steers_the_terminal_or_adds_a_line(text: str) -> None:
    error = PeerRefused(_("{name} respondi\u00f3", name=text), remedy=_("pregunte a {name!r}", name=text))
    assert error_text(error).count("\n") == 2
    for lang in LANGUAGES:
        say = speaking(lang)
        shown = [
            say("{name}", name=text),
            say.plural("{n} {name}", "{n} {name}", 2, name=text),
            say(listing([text, text])),
        ]
        shown += [str(words(lang, "{name}", name=text)), error_text(error, lang)]
        shown += [_("{inner}", inner=plural("{n} {name}", "{n} {name}", 1, name=text)).in_language(lang)]
        assert all(map(is_harmless, shown))
        assert not any("\n" in each for each in shown[:4])
    assert is_harmless(joined([text, text]))


@given(HOSTILE, st.integers(min_value=4, max_value=100))
def test_no_table_and_no_paragraph_steers_the_terminal(text: str, width: int) -> None:
    assert is_harmless(table([text], [[text]], width))
    assert is_harmless(pairs([(text, text)], width))
    assert is_harmless(paragraph(text, width))


@given(HOSTILE)
def test_making_harmless_twice_changes_nothing_more(text: str) -> None:
    once = harmless(text)
    assert harmless(once) == once
    assert "\n" not in harmless_line(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("s\u043eria", "s[U+043E]ria"),
        ("\u0418\u0432\u0430\u043d", "\u0418\u0432\u0430\u043d"),
        ("\u03b5 = 8", "\u03b5 = 8"),
        ("Logro\u00f1o, Ngu\u1ec5n", "Logro\u00f1o, Ngu\u1ec5n"),
        ("12\u00a0%", "12\u00a0%"),
        ("uno\tdos", "uno dos"),
    ],
)
def test_letters_of_another_script_are_spelled_out_only_where_they_imitate(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_json_escapes_what_is_not_printable() -> None:
    assert json_text({"a": "\u202e\x7f\x9b\u00f1"}).splitlines()[1].strip() == '"a": "\\u202e\\u007f\\u009b\u00f1"'
