"""Every call that a service takes has its bounds; what is forgotten would get those of a health check."""

from importlib import import_module
from pathlib import Path

from coordinator.rpc import limits as coordinator_limits
from node.rpc import limits as node_limits
from tests.support.source import ROOT


def test_every_call_of_the_protocol_has_bounds_of_its_own() -> None:
    served = {
        f"/{service.full_name}/{method.name}"
        for path in Path(ROOT, "protos/redpact/v1").glob("*.proto")
        for service in import_module(f"protos.redpact.v1.{path.stem}_pb2").DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    listed = {*coordinator_limits.CALLS, *coordinator_limits.ENROLMENT_CALLS, *node_limits.CALLS}
    assert served == listed
