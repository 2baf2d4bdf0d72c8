"""What a text should look like is said in words, for every pattern of the project."""

import re

import pytest

from presentation.messages import in_language
from presentation.pattern_words import pattern_words
from tests.support.source import ROOT

PATTERN = re.compile(r'pattern=r"([^"]+)"')


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"^[0-9a-f]{64}$", "se esperan 64 cifras hexadecimales en minúscula"),
        (r"^([0-9a-f]{64})?$", "se esperan 64 cifras hexadecimales en minúscula"),
        (r"^[0-9]{4}-(0[1-9]|1[0-2])$", "se espera un mes, escrito AAAA-MM"),
        (r"^https?://[^\s/?#]+$", "se espera una dirección que empiece por http:// o https://"),
        (r"^[a-z][a-z0-9-]{0,40}$", "solo admite letras minúsculas sin acento, cifras y los signos -, en su orden"),
        (r"^x+$", "no tiene la forma esperada"),
    ],
)
def test_a_pattern_is_said_in_words(pattern: str, words: str) -> None:
    assert in_language(pattern_words(pattern), "es") == words


def test_no_expression_of_the_project_is_shown_to_people() -> None:
    folders = ("policies", "trust", "records_exchange", "consent_ledger", "service", "node", "coordinator", "federated")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    found = {pattern for path in files for pattern in PATTERN.findall(path.read_text(encoding="utf-8"))}
    assert len(found) > 10
    for pattern in found:
        for lang in ("es", "en"):
            said = in_language(pattern_words(pattern), lang)
            assert not set(said) & set("^$(){}\\"), said
