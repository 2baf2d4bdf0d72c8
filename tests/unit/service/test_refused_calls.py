import threading
from pathlib import Path

import pytest

from service.errors import RuntimeFault
from service.limits import CallerLimits, CallGroup, Excess, Rate
from service.refused_calls import FILE, MAX_KEPT, keep_refused_calls, refused_calls, refused_lines
from tests.support.clock import START, FrozenClock


@pytest.fixture
def limits() -> CallerLimits:
    return CallerLimits(dict.fromkeys(CallGroup, Rate(1.0, 1)), threads=4, now=FrozenClock().now)


def keep(home: Path, limits: CallerLimits) -> None:
    stopping = threading.Event()
    stopping.set()
    keep_refused_calls(home, (limits,), stopping)


def test_what_was_refused_is_shown_by_another_process(tmp_path: Path, limits: CallerLimits) -> None:
    limits.note("ong-b", CallGroup.FETCHES, Excess.RATE)
    limits.note("ong-b", CallGroup.FETCHES, Excess.RATE)
    limits.note("town", CallGroup.MESSAGES, Excess.SIZE)
    keep(tmp_path, limits)
    found = refused_calls(tmp_path)
    row = {"caller": "ong-b", "group": "fetches", "excess": "rate", "last": START.isoformat(), "count": 2}
    assert found[0] == row
    (spanish,) = refused_lines(found, "es")
    assert spanish.startswith("Llamadas rechazadas por exceso desde el arranque: ong-b: 2 consultas")
    assert spanish.endswith("(por frecuencia); town: 1 mensaje (por tamaño)")
    assert "ong-b: 2 fetches (too many in a short time)" in refused_lines(found, "en")[0]


def test_a_restart_begins_anew_and_nothing_refused_is_nothing_said(tmp_path: Path, limits: CallerLimits) -> None:
    assert refused_calls(tmp_path) == []
    limits.note("ong-b", CallGroup.FETCHES, Excess.SLOW)
    keep(tmp_path, limits)
    keep(tmp_path, CallerLimits(dict.fromkeys(CallGroup, Rate(1.0, 1)), threads=4, now=FrozenClock().now))
    assert refused_calls(tmp_path) == []
    assert refused_lines([], "es") == []


def test_a_flood_of_names_does_not_fill_the_file(tmp_path: Path, limits: CallerLimits) -> None:
    for number in range(1000):
        limits.note(f"caller-{number}", CallGroup.FETCHES, Excess.SIZE)
    keep(tmp_path, limits)
    assert len(refused_calls(tmp_path)) == MAX_KEPT


@pytest.mark.parametrize("data", [b"", b"[1]", b'{"a": 1}', b"\xff", b'[{"caller": 1}]'])
def test_a_damaged_file_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE).write_bytes(data)
    with pytest.raises(RuntimeFault):
        refused_calls(tmp_path)
