"""The transcript: one form only, one order only, and one head for one history."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from federated.coordination.transcript import RoundRecord, Transcript
from federated.errors import TranscriptInvalid
from policies.errors import RedpactError
from tests.support.bundles import run

START_HASH = "ab" * 32


def records(count: int) -> tuple[RoundRecord, ...]:
    return tuple(
        RoundRecord(number, "train", ("avila", "leon"), "cd" * 32, (number, -(2**60), 0))
        for number in range(1, count + 1)
    )


def transcript(*chosen: RoundRecord) -> Transcript:
    found = Transcript.start(START_HASH)
    for record in chosen:
        found = found.append(record)
    return found


def test_what_is_written_is_read_back() -> None:
    found = run()
    assert Transcript.from_jsonl(found.to_jsonl(), START_HASH).records == found.records
    assert transcript(*records(3)) == Transcript.from_jsonl(transcript(*records(3)).to_jsonl(), START_HASH)


def test_the_head_depends_on_every_part_of_every_record_and_on_the_start() -> None:
    base = records(3)
    changed = [
        transcript(*base[:1], replace(base[1], **change), *base[2:]).head
        for change in (
            {"stage": "evaluate"},
            {"contributors": ("avila",)},
            {"parameters_sha256": "ef" * 32},
            {"total": (1,)},
        )
    ]
    other_start = Transcript.from_jsonl(transcript(*base).to_jsonl(), "cd" * 32).head
    assert len({transcript(*base).head, transcript(*base[:2]).head, other_start, *changed}) == 7


def test_rounds_follow_each_other() -> None:
    with pytest.raises(TranscriptInvalid):
        transcript(records(2)[1])
    with pytest.raises(TranscriptInvalid, match="line 2"):
        Transcript.from_jsonl(b"".join(line + b"\n" for line in _lines(3)[::2]), START_HASH)


def _lines(count: int) -> list[bytes]:
    return transcript(*records(count)).to_jsonl().splitlines()


@pytest.mark.parametrize(
    "change",
    [
        {"round": 0},
        {"round": True},
        {"round": "1"},
        {"round": 1.5},
        {"stage": ""},
        {"stage": "../x"},
        {"stage": None},
        {"contributors": []},
        {"contributors": ["leon", "avila"]},
        {"contributors": ["leon", "leon"]},
        {"contributors": [1]},
        {"contributors": "leon"},
        {"contributors": [["leon"]]},
        {"parameters_sha256": "CD" * 32},
        {"parameters_sha256": 7},
        {"total": ""},
        {"total": [1]},
        {"total": ["01"]},
        {"total": ["-0"]},
        {"total": ["1e3"]},
        {"total": ["٣"]},
        {"total": [str(2**63)]},
        {"total": ["9" * 40]},
        {"extra": 1},
    ],
)
def test_a_malformed_record_is_refused(change: dict[str, object]) -> None:
    document = json.loads(_lines(1)[0]) | change
    line = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    with pytest.raises(TranscriptInvalid):
        Transcript.from_jsonl(line + b"\n", START_HASH)


def test_another_spelling_of_the_same_record_is_refused() -> None:
    with pytest.raises(TranscriptInvalid, match="canonical"):
        Transcript.from_jsonl(json.dumps(json.loads(_lines(1)[0])).encode() + b"\n", START_HASH)


@pytest.mark.parametrize("data", [b"", b"\n", b"{}\n", b"null\n", b"[]\n", b"\xff\n", b"{}", b'{"round":1}\n\n'])
def test_what_is_no_transcript_is_refused(data: bytes) -> None:
    with pytest.raises(TranscriptInvalid):
        Transcript.from_jsonl(data, START_HASH)


@pytest.mark.invariant(8)
@given(data=st.binary(max_size=200), place=st.integers(0, 400), byte=st.integers(0, 255))
def test_untrusted_bytes_end_in_our_own_error(data: bytes, place: int, byte: int) -> None:
    good = bytearray(transcript(*records(2)).to_jsonl())
    good[place % len(good)] = byte
    for candidate in (data, bytes(good)):
        try:
            found = Transcript.from_jsonl(candidate, START_HASH)
        except RedpactError:
            continue
        assert found.to_jsonl() == candidate
