"""Every call that a service takes has its bounds; what is forgotten would get those of a health check."""

from importlib import import_module
from pathlib import Path

from coordinator.rpc import limits as coordinator_limits
from node.rpc import limits as node_limits
from tests.support.source import ROOT

FORWARDED = "/redpact.v1.Relay/Pass"
"""It waits for the answer of another entity."""


def test_every_call_of_the_protocol_has_bounds_of_its_own() -> None:
    served = {
        f"/{service.full_name}/{method.name}"
        for path in Path(ROOT, "protos/redpact/v1").glob("*.proto")
        for service in import_module(f"protos.redpact.v1.{path.stem}_pb2").DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    listed = {*coordinator_limits.CALLS, *coordinator_limits.ENROLMENT_CALLS, *node_limits.CALLS}
    assert served == listed


def test_calls_that_wait_for_something_take_no_turn_from_their_callers_others() -> None:
    everything = {**coordinator_limits.CALLS, **coordinator_limits.ENROLMENT_CALLS, **node_limits.CALLS}
    waiting = {
        f"/{service.full_name}/{method.name}"
        for path in Path(ROOT, "protos/redpact/v1").glob("*.proto")
        for service in import_module(f"protos.redpact.v1.{path.stem}_pb2").DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if method.server_streaming or "wait_milliseconds" in method.input_type.fields_by_name
    }
    assert waiting | {FORWARDED} == {name for name, limit in everything.items() if limit.waits}
