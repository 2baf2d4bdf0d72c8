"""The same apps in Flower's own simulation, for studies where Ray is installed."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        find_spec("ray") is None,
        reason="NOT TESTED: Flower's own simulation, which needs Ray (pip install 'flwr[simulation]')",
    ),
]


def test_the_same_apps_run_in_flowers_own_simulation() -> None:
    command = [sys.executable, "-c", "from tests.support.flower_simulation import run; run()"]
    found = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=found, capture_output=True, text=True, check=False, timeout=380)
    assert "completed 4 of 4 avila leon soria" in done.stdout, done.stderr[-5000:]
