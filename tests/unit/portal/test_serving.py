"""The start of the pages, and a node whose pages fail."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from node import serve
from service.errors import AddressInUse
from service.web.certificates import LIFE, site_certificate
from tests.support.clock import START
from tests.support.portal_site import PortalSide


class Broken:
    """Pages that cannot be served."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def start(self, *_given: object) -> None:
        """Fail."""
        raise self._error


@pytest.mark.parametrize("error", [AddressInUse("taken"), ImportError("no starlette"), RuntimeError("a defect")])
def test_a_node_runs_without_pages_that_fail(
    side: PortalSide, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(serve, "import_module", lambda _name: Broken(error))
    with capture_logs() as events:
        assert serve.start_portal(side.node, "127.0.0.1:0") is None
    assert [event["event"] for event in events] == ["pages_not_served"]


def test_the_certificate_of_the_pages_is_made_once_and_in_time(tmp_path: Path) -> None:
    names = frozenset({"192.168.1.5", "nodo.local"})
    certificate, key = site_certificate(tmp_path, START, names)
    first = certificate.read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    assert site_certificate(tmp_path, START, names)[0].read_bytes() == first
    assert site_certificate(tmp_path, START, names | {"otro.local"})[0].read_bytes() != first
    second = certificate.read_bytes()
    assert site_certificate(tmp_path, START + LIFE, names)[0].read_bytes() != second
