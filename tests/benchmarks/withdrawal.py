"""A withdrawal on its way to hundreds of entities that have received something: all up, all with durable databases.

Every recipient is a real node with its own keys, certificate, database and port; all run in this process, so that one
interpreter does the work of both sides of every call.
"""

import time
from contextlib import ExitStack
from pathlib import Path

from typing_extensions import override

from node.consents.consents import GrantInput
from node.consents.status import consent_status
from node.fetch.asking import question_of
from service.clock import SystemClock
from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from tests.support.wires import Wires

HOLDER = "town"
_PATIENCE = 600.0


class _LargeNetwork(ExchangeNetwork):
    """Tells its nodes of the directory when it is complete: once, in place of once an entity."""

    complete = False

    @override
    def publish(self, **options: object) -> None:
        if self.complete:
            super().publish()


def seconds_to_reach(folder: Path, recipients: int) -> float:
    """Return how long it takes from a withdrawal until every recipient has acknowledged it, in seconds."""
    network = _LargeNetwork(folder, SystemClock(), durable=True)
    names = [f"entity-{number}" for number in range(recipients)]
    for name in (HOLDER, *names):
        network.add(name)
    network.complete = True
    network.publish()
    try:
        return _withdraw(network, names)
    finally:
        network.close()


def _withdraw(network: _LargeNetwork, names: list[str]) -> float:
    holder = network.nodes[HOLDER]
    hold(holder, person_record())
    consent = holder.consents.grant(GrantInput(PERSON, ("casework",), names)).consent_id
    wires = Wires(network.nodes)
    wires.join(names)
    for name in names:  # each has received something
        asker = network.nodes[name]
        (reply,) = asker.asking.fetch(PERSON, question_of(asker.context, "casework"), [HOLDER]).replies
        if not reply.released:
            raise RuntimeError(f"{name} received nothing: {reply}")
    with ExitStack() as stack:
        network.complete = False
        stack.enter_context(network.serving(*names))
        network.complete = True
        network.publish()
        started = time.perf_counter()
        holder.consents.withdraw(consent)
        while holder.outbox.deliver_due() or consent_status(holder.context, consent).outstanding:
            if time.perf_counter() - started > _PATIENCE:
                raise RuntimeError(f"not acknowledged: {consent_status(holder.context, consent).outstanding}")
        return time.perf_counter() - started
