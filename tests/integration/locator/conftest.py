import pytest

from tests.support.patience import patient_calls


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no call of these tests end for the machine's being busy."""
    patient_calls(monkeypatch)
