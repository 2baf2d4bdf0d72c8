"""The catalogue is complete and current, and the tool that says so notices what is not."""

from collections.abc import Callable
from pathlib import Path

import pytest
from babel.messages import Catalog

from presentation.messages import fields_of, speaking
from tools import words
from tools.words_checks import problems
from tools.words_extraction import extracted, in_python
from tools.words_files import PO, as_mo, as_po, empty, read

SOURCE = """
TITLE = _("Un título")
shown = say("Hola {name}", name=_("dentro"))
count = say.plural("{n} persona", "{n} personas", 3) + self._say("largo " "y partido")
other = say(TITLE) + say("es", "en") + stage.say("not ours")
"""


def test_the_catalogue_is_complete_and_current(capsys: pytest.CaptureFixture[str]) -> None:
    failed = words.main(["--check"])
    assert failed == 0, capsys.readouterr().out


def test_every_template_of_the_catalogue_parses() -> None:
    for message in read(PO):
        for text in (message.id, message.string):
            for form in [text] if isinstance(text, str) else text or []:
                assert "%(" in form or fields_of(form) is not None


def test_calls_are_found_wherever_they_stand() -> None:
    assert {found.text for found in in_python(SOURCE, "a.py")} == {
        "Un título",
        "Hola {name}",
        "dentro",
        ("{n} persona", "{n} personas"),
        "largo y partido",
    }


def test_templates_are_extracted_beside_the_code(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "templates"
    folder.mkdir(parents=True)
    (tmp_path / "a" / "code.py").write_text('_("Hola")\nplural("{n} a", "{n} b", 1)\n', encoding="utf-8")
    page = '{{ _("Adiós {x}", x=1) }}{{ plural("{n} c", "{n} d", 2) }}{% trans x=1 %}Un {{ x }}{% endtrans %}'
    page += '{{ _("Hola") }}'
    (folder / "page.html").write_text(page, encoding="utf-8")
    catalog, faults = extracted(tmp_path, ("a",))
    found = {message.id: [place for place, _line in message.locations] for message in catalog if message.id}
    assert found == {
        "Hola": ["a/code.py", "a/templates/page.html"],
        ("{n} a", "{n} b"): ["a/code.py"],
        "Adiós {x}": ["a/templates/page.html"],
        ("{n} c", "{n} d"): ["a/templates/page.html"],
        "Un %(x)s": ["a/templates/page.html"],
    }
    assert faults == []


@pytest.mark.parametrize("call", ["_(name)", '_(f"a {name}")', "plural(one, many, 2)", '_("a" + name)'])
def test_a_text_that_nobody_can_translate_is_named(tmp_path: Path, call: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "code.py").write_text(call, encoding="utf-8")
    assert extracted(tmp_path, ("a",))[1] == ["a/code.py:1: the text to translate is not a literal"]


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        ("for _, x in pairs:\n        pass\n    return _('a')", True),
        ("_ = 1\n    with _('a'):\n        pass", True),
        ("return _('a') + str([1 for _ in pairs])", False),
        ("return [_ for _ in pairs]", False),
    ],
)
def test_a_variable_that_hides_the_function_is_named(body: str, hidden: bool) -> None:
    faults = [found.fault for found in in_python(f"def f():\n    {body}\n", "a.py") if found.text is None]
    assert faults == (["a variable hides _ in a function that calls it"] if hidden else [])


def _wanted() -> Catalog:
    catalog = empty()
    catalog.add("Hola {x}", "", [("a.py", 0)])
    catalog.add(("{n} de {x}", "{n} de {x} más"), ("", ""), [("a.py", 0)])
    return catalog


def _complete() -> Catalog:
    catalog = empty()
    catalog.add("Hola {x}", "Hello {x}", [("a.py", 0)])
    catalog.add(("{n} de {x}", "{n} de {x} más"), ("One of {x}", "{n} more of {x}"), [("a.py", 0)])
    return catalog


def test_a_complete_catalogue_has_no_problem() -> None:
    assert problems(_complete(), _wanted()) == []


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda catalog: catalog.delete("Hola {x}"), "missing"),
        (lambda catalog: setattr(catalog.get("Hola {x}"), "string", ""), "missing"),
        (lambda catalog: catalog.get("Hola {x}").flags.add("fuzzy"), "fuzzy"),
        (lambda catalog: setattr(catalog.get("Hola {x}"), "string", "Hello {y}"), "other fields"),
        (lambda catalog: setattr(catalog.get("Hola {x}"), "string", "Hello"), "other fields"),
        (lambda catalog: setattr(catalog.get("Hola {x}"), "string", "Hello {x"), "faulty translation"),
        (lambda catalog: catalog.add("Gone", "Gone"), "obsolete"),
        (lambda catalog: setattr(catalog.get("{n} de {x}"), "string", ("one", "")), "missing"),
        (lambda catalog: setattr(catalog.get("{n} de {x}"), "string", ("one {x}", "{n}")), "other fields"),
    ],
)
def test_every_kind_of_problem_is_named(spoil: Callable[[Catalog], object], problem: str) -> None:
    catalog = _complete()
    spoil(catalog)
    found = problems(catalog, _wanted())
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_a_source_that_does_not_parse_is_named() -> None:
    catalog = empty()
    catalog.add("Hola {x", "Hello {x}", [("a.py", 0)])
    assert problems(catalog, catalog)[0].startswith("faulty template")


def test_a_catalogue_is_written_as_it_is_read(tmp_path: Path) -> None:
    catalog = _complete()
    (tmp_path / "a.po").write_bytes(as_po(catalog))
    again = read(tmp_path / "a.po")
    assert as_po(again) == as_po(catalog)
    assert as_mo(again) == as_mo(catalog)
    assert b":1" not in as_po(catalog)
    assert b"2026" not in as_po(catalog)


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the tool work on a project of one module, and a catalogue of its own."""
    (tmp_path / "a").mkdir()
    monkeypatch.setattr(words, "ROOT", tmp_path)
    monkeypatch.setattr(words, "PO", tmp_path / "en.po")
    monkeypatch.setattr(words, "MO", tmp_path / "en.mo")
    monkeypatch.setattr(words, "extracted", lambda: extracted(tmp_path, ("a",)))
    return tmp_path


def _code(folder: Path, text: str) -> None:
    (folder / "a" / "code.py").write_text(text, encoding="utf-8")


def test_a_translation_outlives_the_absence_of_its_message(scratch: Path) -> None:
    _code(scratch, '_("Hola")\n_("Otro")')
    words.main([])
    (scratch / "other.po").write_text(
        'msgid "Hola"\nmsgstr "Hello"\n\nmsgid "Otro"\nmsgstr "Other"\n', encoding="utf-8"
    )
    words.main(["--from", str(scratch / "other.po")])
    assert words.main(["--check"]) == 0
    _code(scratch, '_("Otro")')
    words.main([])
    assert '#~ msgid "Hola"' in (scratch / "en.po").read_text(encoding="utf-8")
    assert words.main(["--check"]) == 1
    _code(scratch, '_("Hola")')
    words.main([])
    words.main(["--prune"])
    assert words.main(["--check"]) == 0
    catalog = read(scratch / "en.po")
    assert [(message.id, message.string) for message in catalog if message.id] == [("Hola", "Hello")]
    assert not catalog.obsolete


@pytest.mark.parametrize("spoiled", ["en.po", "en.mo"])
def test_files_that_were_changed_by_hand_are_named(
    scratch: Path, spoiled: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _code(scratch, "")
    words.main([])
    assert words.main(["--check"]) == 0
    path = scratch / spoiled
    path.write_bytes(path.read_bytes() + b"\n# more\n")
    assert words.main(["--check"]) == 1
    assert f"{spoiled} is not what" in capsys.readouterr().out


def test_english_is_spoken_from_the_committed_catalogue() -> None:
    assert speaking("en").plural("{n} hora", "{n} horas", 2) == "2 hours"
