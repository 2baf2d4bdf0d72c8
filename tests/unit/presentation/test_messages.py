"""Messages keep their template and values, and are read in the language of their reader."""

import copy
import pickle
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from presentation import catalogue
from presentation.harmless import harmless_line
from presentation.messages import (
    Message,
    _,
    current_language,
    fields_of,
    in_language,
    language,
    listing,
    plural,
    speaking,
    use_language,
)

WHEN = datetime(2026, 11, 30, 9, 5, tzinfo=UTC)


class Shape(Enum):
    ROUND = "round"

    def __str__(self) -> str:  # type: ignore[explicit-override]  # typing.override needs 3.12
        return "redondo"


@pytest.fixture(autouse=True)
def _process_language() -> Iterator[None]:
    before = current_language()
    use_language("es")
    yield
    use_language(before)


@pytest.mark.parametrize(
    ("value", "spanish", "english"),
    [
        (WHEN, "30 nov 2026, 10:05 (+01:00)", "30 Nov 2026, 10:05 (+01:00)"),
        (date(2026, 11, 30), "30 nov 2026", "30 Nov 2026"),
        (1234.5, "1.234,5", "1,234.5"),
        (Decimal("0.50"), "0,5", "0.5"),
        (12345, "12.345", "12,345"),
        (7, "7", "7"),
        (True, "True", "True"),
        (Shape.ROUND, "redondo", "redondo"),
        (Path("a/b"), "a/b", "a/b"),
        (None, "None", "None"),
    ],
)
def test_values_are_written_in_the_language(value: object, spanish: str, english: str) -> None:
    message = _("<{value}>", value=value)
    assert message == f"<{spanish}>"
    assert message.in_language("en") == f"<{english}>"


@pytest.mark.parametrize(
    ("template", "value", "spanish", "english"),
    [
        ("{v:.2f}", 1234.567, "1234,57", "1234.57"),
        ("{v:,.1f}", 1234.567, "1.234,6", "1,234.6"),
        ("{v:d}", 50051, "50051", "50051"),
        ("{v!r}", "a'b", '"a\'b"', '"a\'b"'),
        ("{v:>4}", "ab", "  ab", "  ab"),
        ("{v!s:>4}", 12, "  12", "  12"),
        ("{v:%H:%M}", WHEN, "10:05", "10:05"),
    ],
)
def test_specifications_hold_in_both_languages(template: str, value: object, spanish: str, english: str) -> None:
    message = _(template, v=value)
    assert (message, message.in_language("en")) == (spanish, english)


@given(st.text(), st.text())
def test_a_value_is_never_read_as_a_template(value: str, other: str) -> None:
    assert _("a {x} b {y}", x=value, y=_("{z}", z=other)) == f"a {harmless_line(value)} b {harmless_line(other)}"


def test_nested_messages_follow_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    _translate(monkeypatch, {"Falta {x}": "{x} is missing", "el dato": "the datum"})
    message = _("Falta {x}", x=_("el dato"))
    assert (message, message.in_language("en")) == ("Falta el dato", "the datum is missing")
    assert listing([_("el dato"), "b", "c"]).in_language("en") == "the datum, b and c"
    assert speaking("en")(message) == "the datum is missing"


@pytest.mark.parametrize("remake", [copy.copy, copy.deepcopy, lambda message: pickle.loads(pickle.dumps(message))])
@pytest.mark.parametrize("message", [_("a {x}", x=1.5), plural("{n} a", "{n} b", 2.5), listing(["a", 1.5])])
def test_messages_are_copied_whole(message: Message, remake: "type[Message]") -> None:
    again = remake(message)  # type: ignore[call-arg]  # each takes one message
    assert isinstance(again, Message)
    assert (again, again.in_language("en")) == (message, message.in_language("en"))


@pytest.mark.parametrize(
    "template", ["{", "}", "{x", "{x.y}", "{x[0]}", "{}", "{0}", "{missing}", "{x:{y}}", "{x:q}", "{x!z}"]
)
def test_a_faulty_template_is_shown_as_it_is(template: str) -> None:
    assert _(template, x=1, y=2) == template
    assert speaking("en")(template, x=1) == template


def test_a_faulty_translation_gives_way_to_the_source(monkeypatch: pytest.MonkeyPatch) -> None:
    _translate(monkeypatch, {"hay {x}": "there is {y}"})
    assert _("hay {x}", x=1).in_language("en") == "hay 1"


def test_a_message_is_a_string() -> None:
    class Held:
        label = _("Dato")

    assert Held.label == "Dato"
    assert hash(Held.label) == hash("Dato")
    assert type(str(Held.label)) is str
    assert in_language(Held.label, "en") == Held.label.in_language("en")
    assert in_language("as it is", "en") == "as it is"


@pytest.mark.parametrize(("n", "spanish"), [(0, "0 personas"), (1, "1 persona"), (2, "2 personas"), (1.0, "1 persona")])
def test_a_count_chooses_its_form(n: float, spanish: str) -> None:
    assert plural("{n} persona", "{n} personas", n).replace(",0", "") == spanish
    assert speaking("es").plural("una", "varias", n) == ("una" if n == 1 else "varias")


@pytest.mark.parametrize(
    ("asked", "given"), [("en", "en"), ("en_GB", "en"), ("EN", "en"), ("es", "es"), ("fr", "es"), ("", "es")]
)
def test_an_unknown_language_is_spanish(asked: str, given: str) -> None:
    assert speaking(asked).lang == given


def test_the_language_of_a_context_goes_before_that_of_the_process() -> None:
    with language("en"):
        assert current_language() == "en"
        assert _("{x}", x=1.5) == "1.5"
    assert _("{x}", x=1.5) == "1,5"
    use_language("en")
    assert _("{x}", x=1.5) == "1.5"


def test_fields_are_names() -> None:
    assert fields_of("{a} {{b}} {c:.2f} {d!r}") == {"a", "c", "d"}
    with pytest.raises(ValueError, match="plain name"):
        fields_of("{a.b}")


def test_the_environment_chooses_the_first_language() -> None:
    code = "from presentation.messages import current_language; print(current_language())"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={"REDPACT_LANG": "en"},
        cwd=Path.cwd(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "en"


def test_words_alone_import_neither_babel_nor_jinja() -> None:
    code = (
        "import sys; from presentation.messages import _, plural; _('a {x}', x=5); plural('a', 'b', 2)\n"
        "print([name for name in ('babel', 'jinja2', 'zoneinfo', 'decimal') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


class _Words:
    def __init__(self, words: dict[str, str]) -> None:
        self._words = words

    def gettext(self, text: str) -> str:
        return self._words.get(text, text)

    def ngettext(self, one: str, many: str, n: int) -> str:
        return one if n == 1 else many


def _translate(monkeypatch: pytest.MonkeyPatch, words: dict[str, str]) -> None:
    monkeypatch.setattr(catalogue, "_catalogue", lambda _lang: _Words(words))
