"""Calls that wait as long as a test does: on a busy machine a deadline of production is no finding."""

import pytest

from node.clients import coordinator, ledger, locator, relay
from node.clients import peers as clients
from tests.support.waiting import PATIENCE_SECONDS

_DEADLINES = (
    (coordinator, "CALL_SECONDS"),
    (ledger, "CALL_SECONDS"),
    (locator, "LOCATOR_SECONDS"),
    (locator, "PUBLISH_SECONDS"),
    (relay, "CALL_SECONDS"),
)
_DEFAULTS = (clients.call_peer, relay.attached, relay.pass_on)


def patient_calls(patch: pytest.MonkeyPatch) -> None:
    """Let calls of nodes that nobody answers in time wait on. Whoever refuses a connection is noticed at once still."""
    for module, name in _DEADLINES:
        patch.setattr(module, name, PATIENCE_SECONDS)
    for call in _DEFAULTS:
        patch.setitem(call.__kwdefaults__ or {}, "seconds", PATIENCE_SECONDS)
