from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import documents
from policies.access_documents import DOCUMENTS
from policies.documents import Entry, digest, parse_document, read_document
from policies.errors import PolicyDocumentDamaged


class Sample(Entry):
    version: str
    count: int


def test_a_good_document_becomes_its_model() -> None:
    assert parse_document("x", "version: a\ncount: 1", Sample) == Sample(version="a", count=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "version: a",
        "version: a\ncount: 1\nextra: 2",
        "a: [",
        "version: a\ncount: 2026-13-45",
        "version: !!python/object:os.system a\ncount: 1",
    ],
)
def test_a_bad_document_is_damage_that_names_the_file(text: str) -> None:
    with pytest.raises(PolicyDocumentDamaged, match=r"sample\.yaml"):
        parse_document("sample.yaml", text, Sample)


@pytest.mark.invariant(8)
@given(st.text(max_size=200))
def test_any_text_is_a_document_or_damage(text: str) -> None:
    with suppress(PolicyDocumentDamaged):
        assert isinstance(parse_document("sample.yaml", text, Sample), Sample)


def test_a_missing_or_undecodable_document_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "BUNDLE", tmp_path)
    with pytest.raises(PolicyDocumentDamaged, match="does not exist"):
        read_document("sample.yaml", Sample)
    (tmp_path / "sample.yaml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(PolicyDocumentDamaged, match="UTF-8"):
        read_document("sample.yaml", Sample)


def test_the_digest_tells_any_change_in_any_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = {name: documents.read_bytes(name) for name in DOCUMENTS}
    original = digest(DOCUMENTS)
    monkeypatch.setattr(documents, "BUNDLE", tmp_path)
    for name, content in contents.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert digest(DOCUMENTS) == original
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content + b"\n")
        assert digest(DOCUMENTS) != original
        (tmp_path / name).write_bytes(content)
