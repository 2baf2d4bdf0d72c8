"""Every error has a stable code, a Spanish sentence with the next step, a kind, and a line in the reference."""

import importlib
import inspect
import pkgutil
from collections import Counter

from policies.errors import EXIT_CODES, ErrorKind, RedpactError, error_document, error_text
from presentation.messages import in_language
from tests.support.source import PACKAGES, ROOT
from tools.reference import all_errors, concrete_errors


def test_every_code_is_unique() -> None:
    assert [code for code, times in Counter(found.code for found in all_errors()).items() if times > 1] == []


def test_every_concrete_error_names_itself() -> None:
    assert [found.__name__ for found in concrete_errors() if "code" not in vars(found)] == []


def test_every_concrete_error_has_a_spanish_sentence_of_its_own() -> None:
    wrong = [
        found.__name__
        for found in concrete_errors()
        if "sentence" not in vars(found) or not found.sentence.endswith((".", "»", "?"))
    ]
    assert wrong == []


def test_every_kind_has_an_exit_code() -> None:
    assert set(EXIT_CODES) == set(ErrorKind)
    assert sorted(EXIT_CODES.values()) == [1, 2, 3, 4]


def test_errors_are_defined_in_errors_modules_only() -> None:
    """So that this list, the exit codes and the reference are complete."""
    for package in PACKAGES:
        folder = importlib.import_module(package).__path__
        for found in pkgutil.walk_packages(folder, prefix=f"{package}."):
            if "migrations" in found.name or found.name.endswith("__main__") or "_pb2" in found.name:
                continue
            module = importlib.import_module(found.name)
            own = [
                value.__name__
                for value in vars(module).values()
                if inspect.isclass(value) and issubclass(value, RedpactError) and value.__module__ == found.name
            ]
            assert not own or found.name.endswith(".errors"), f"{found.name} defines {own}"


def test_the_reference_lists_every_code() -> None:
    for lang in ("es", "en"):
        text = (ROOT / f"docs/reference/errors.{lang}.md").read_text(encoding="utf-8")
        missing = [
            found.code
            for found in concrete_errors()
            if f"| `{found.code}` | {in_language(found.sentence, lang)} |" not in text
        ]
        assert missing == []


def test_an_error_is_shown_in_spanish_with_the_next_step() -> None:
    error = RedpactError("the particulars", remedy="do this")
    assert error_text(error).splitlines()[0] == f"✗ {RedpactError.sentence}"
    assert error_text(error).endswith("→ do this")
    assert error_document(error)["exit_code"] == EXIT_CODES[error.kind]
