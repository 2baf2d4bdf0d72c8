"""A minute of what `make soak` does for thirty: real processes, lines that fail, kills; and nothing gets lost."""

from pathlib import Path

import pytest
from rich.console import Console

from tests.soak.__main__ import soak


@pytest.mark.slow
@pytest.mark.invariant(2)
@pytest.mark.invariant(4)
@pytest.mark.invariant(9)
@pytest.mark.timeout(900)
def test_nothing_acknowledged_is_lost_over_bad_lines_and_kills(tmp_path: Path) -> None:
    outcome = soak(tmp_path, minutes=1.0, seed=1, console=Console(quiet=True))
    assert outcome.faults == ()
    # It would prove nothing had nothing been done, or nothing gone wrong.
    assert outcome.record.done["give"]
    assert outcome.record.done["fetch"]
    assert outcome.record.answers
    assert any(what.startswith("kill -9") for what in outcome.happened)
    assert min(outcome.sizes.values()) > 0
