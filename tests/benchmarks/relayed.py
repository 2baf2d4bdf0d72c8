"""The consented fetch of `tests.benchmarks.fetch`, by the relay: sealed, through the coordinator, and back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from node.messages.transport import Transport
from tests.benchmarks.fetch import ConsentedFetch, consented_fetch
from trust.parties import Party
from trust.signing import Envelope

Call = Callable[[Transport, Party, Envelope], Envelope]


def _without_addresses(call: Call) -> Call:
    return lambda transport, peer, envelope: call(transport, peer.model_copy(update={"addresses": ()}), envelope)


@contextmanager
def relayed_fetch(folder: Path) -> Iterator[ConsentedFetch]:
    """Give a fetch from a holder as if it published no address."""
    with (
        patch.object(Transport, "call", _without_addresses(Transport.call)),
        consented_fetch(folder) as made,
    ):
        yield made
