"""What every test of parts that work together needs: patience on a busy machine."""

import pytest

from tests.support.patience import patient_calls


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no call of these tests end for the machine's being busy; who tests a deadline sets it himself."""
    patient_calls(monkeypatch)
