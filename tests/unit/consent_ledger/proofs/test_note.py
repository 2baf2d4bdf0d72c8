import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_ledger.proofs.note import Note, NoteSignature, NoteSigner, NoteVerifier, open_note, parse_note
from trust.errors import MalformedDocument, SignatureInvalid, TrustError
from trust.signing import Ed25519Signer

VECTOR_FILE = Path(__file__).parents[4] / "shared" / "vectors" / "signed-note.json"
EXAMPLE_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
"""C2SP signed-note, section "Verifier keys / Example"."""
SIGNER = NoteSigner("red.example/log", Ed25519Signer.generate())
OTHER = NoteSigner("red.example/other", Ed25519Signer.generate())


def test_the_example_key_of_the_specification_is_read_and_written_alike() -> None:
    verifier = NoteVerifier.from_vkey(EXAMPLE_VKEY)
    assert (verifier.name, f"{verifier.key_id:08x}", verifier.vkey) == ("example.com/foo", "530d903a", EXAMPLE_VKEY)


@pytest.mark.skipif(not VECTOR_FILE.is_file(), reason=f"the published vector is not at {VECTOR_FILE}")
def test_the_example_of_the_specification_verifies() -> None:
    vector: dict[str, Any] = json.loads(VECTOR_FILE.read_text(encoding="utf-8"))
    verifier = NoteVerifier.from_vkey(vector["vkey"])
    note = open_note(vector["note"].encode(), [verifier])
    assert note.text == vector["text"]
    assert verifier.name == vector["key_name"]
    assert f"{verifier.key_id:08x}" == vector["key_id_hex"]
    assert verifier.public_key.hex() == vector["public_key_hex"]
    assert note.signatures[0].signature.hex() == vector["signature_hex"]
    assert note.to_bytes() == vector["note"].encode()
    assert verifier.vkey == vector["vkey"]


TEXTS = st.text(st.characters(min_codepoint=0x20, exclude_categories=["Cs"]) | st.just("\n"), max_size=60)


@given(TEXTS)
def test_what_was_signed_opens(text: str) -> None:
    note = open_note(SIGNER.sign(text + "\n"), [SIGNER.verifier])
    assert note.text == text + "\n"


def test_the_text_ends_at_the_last_empty_line() -> None:
    text = "one\n\ntwo\n\n\n"
    assert open_note(SIGNER.sign(text), [SIGNER.verifier]).text == text


def test_signatures_by_unknown_keys_are_ignored_even_under_a_known_name() -> None:
    stranger = NoteSigner(SIGNER.name, Ed25519Signer.generate())
    text = "text\n"
    both = Note(text, (*parse_note(stranger.sign(text)).signatures, *parse_note(SIGNER.sign(text)).signatures))
    opened = open_note(both.to_bytes(), [SIGNER.verifier])
    assert [s.key_id for s in opened.signatures] == [SIGNER.verifier.key_id]


def test_a_known_key_that_does_not_verify_condemns_the_note() -> None:
    good = parse_note(SIGNER.sign("text\n")).signatures[0]
    bad = NoteSignature(OTHER.name, OTHER.verifier.key_id, b"\0" * 64)
    with pytest.raises(SignatureInvalid):
        open_note(Note("text\n", (good, bad)).to_bytes(), [SIGNER.verifier, OTHER.verifier])


def test_a_note_without_a_known_signature_is_refused() -> None:
    with pytest.raises(SignatureInvalid, match="no known key"):
        open_note(OTHER.sign("text\n"), [SIGNER.verifier])


def test_one_changed_byte_of_the_text_is_noticed() -> None:
    note = SIGNER.sign("amount 10\n").replace(b"10", b"11")
    with pytest.raises(SignatureInvalid):
        open_note(note, [SIGNER.verifier])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\nno dash\n",
        "text\n\n— name\n".encode(),
        "text\n\n— name !!!!\n".encode(),
        "text\n\n— name AAAA\n".encode(),
        "text\n\n— na+me AAAAAAAAAAAA\n".encode(),
        "te\txt\n\n— name AAAAAAAAAAAA\n".encode(),
        b"\xff\n\n",
        ("text\n\n" + "— name AAAAAAAAAAAA\n" * 101).encode(),
        b"x" * (1 << 21),
    ],
)
def test_malformed_notes_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedDocument):
        open_note(data, [SIGNER.verifier])


@pytest.mark.invariant(8)
@given(st.binary(max_size=200) | st.text(max_size=80).map(lambda text: f"{text}\n\n— name {text}\n".encode()))
def test_untrusted_notes_raise_only_our_errors(data: bytes) -> None:
    with pytest.raises(TrustError):
        open_note(data, [SIGNER.verifier])


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        "name+00000000+AAAA",
        EXAMPLE_VKEY.replace("530d903a", "530d903b"),
        EXAMPLE_VKEY + "=",
        EXAMPLE_VKEY.replace("example.com/foo", "example.com/f oo"),
        "name+zzzzzzzz+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_malformed_verifier_keys_are_refused(vkey: str) -> None:
    with pytest.raises(MalformedDocument):
        NoteVerifier.from_vkey(vkey)


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "nul\0\n"])
def test_what_no_note_may_hold_is_not_signed(text: str) -> None:
    with pytest.raises(MalformedDocument):
        SIGNER.sign(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "nbsp\u00a0", "new\nline"])
def test_key_names_follow_the_specification(name: str) -> None:
    with pytest.raises(MalformedDocument):
        NoteSigner(name, Ed25519Signer.generate())
