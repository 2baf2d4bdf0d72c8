import hashlib
from pathlib import Path

import pytest

from policies import documents
from policies.errors import PolicyDocumentDamaged, UnknownTerm
from policies.notices import load_notices

NOTICES = load_notices()
MAX_WORDS_A_SENTENCE = 40


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_notice_of_today_is_pinned_by_the_hash_of_its_exact_bytes(language: str) -> None:
    notice = NOTICES.current(language)
    assert notice.language == language
    assert hashlib.sha256(notice.text.encode()).hexdigest() == notice.sha256


def test_both_languages_have_the_same_parts() -> None:
    parts = {language: NOTICES.current(language).text.count("\n## ") for language in ("es", "en")}
    assert parts["es"] == parts["en"] == 11


@pytest.mark.parametrize(
    "must_say",
    [
        "responsable",
        "retirar",
        "volunt",
        "14 años",
        "www.aepd.es",
        "IPRO",
        "oponerse",
        "salud",
        "violencia",
        "justificante",
    ],
)
def test_the_notice_says_what_the_law_asks(must_say: str) -> None:
    assert must_say in NOTICES.current("es").text


def test_sentences_are_short_enough_to_be_read_aloud() -> None:
    body = "\n".join(line for line in NOTICES.current("es").text.splitlines() if not line.startswith("#"))
    sentences = body.replace("\n", " ").split(". ")
    assert max(len(sentence.split()) for sentence in sentences) <= MAX_WORDS_A_SENTENCE


def test_a_notice_that_was_never_published_is_unknown() -> None:
    with pytest.raises(UnknownTerm) as caught:
        NOTICES.get("consent", "9.9")
    assert "consent-1.0" in caught.value.remedy
    with pytest.raises(UnknownTerm):
        NOTICES.current("fr")


@pytest.mark.parametrize("change", [b" ", b"\n", "ñ".encode()])
def test_a_changed_text_is_damage_not_a_new_notice(
    change: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("notices.yaml", "notices/consent-1.0.es.md", "notices/consent-1.0.en.md"):
        copy = tmp_path / "data" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(documents.read_bytes(f"data/{name}"))
    text = tmp_path / "data/notices/consent-1.0.es.md"
    text.write_bytes(text.read_bytes() + change)
    monkeypatch.setattr(documents, "BUNDLE", tmp_path)
    with pytest.raises(PolicyDocumentDamaged, match="published"):
        load_notices.__wrapped__()
