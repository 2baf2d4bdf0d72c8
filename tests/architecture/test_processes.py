"""What our programs load and say when they start."""

import json
import subprocess
import sys

import pytest

from tests.support.source import ROOT

HEAVY = ["torch", "opacus", "flwr", "alembic", "pandas", "numpy", "dp_accounting", "opendp", "sklearn", "scipy"]


def _run(code: str) -> str:
    """Run `code` in a fresh interpreter with a bare environment."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def _loaded_by(module: str) -> set[str]:
    names: list[str] = json.loads(_run(f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"))
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("program", ["node.cli.app", "coordinator.cli.app", "consent_ledger.cli.app"])
def test_a_command_starts_without_the_heavy_libraries(program: str) -> None:
    """A professional waits for every import; training libraries are loaded by the commands that train."""
    assert _loaded_by(program) & set(HEAVY) == set()


def test_the_offline_auditor_stays_tiny() -> None:
    """An auditor runs it on any machine: no database, no network library, no learning library."""
    assert _loaded_by("consent_ledger.cli.app") & {"sqlalchemy", "grpc", "fastapi", "flwr", "torch"} == set()


def test_flower_is_silenced_before_it_is_imported() -> None:
    """Flower reports to its makers, looks for updates and installs packages unless told not to."""
    code = (
        "import json, os, federated.flower; "
        "print(json.dumps({name: value for name, value in os.environ.items() if name.startswith('FLWR_')}))"
    )
    environment = json.loads(_run(code))
    assert environment["FLWR_TELEMETRY_ENABLED"] == "0"
    assert environment["FLWR_DISABLE_UPDATE_CHECK"] == "1"
    assert environment["FLWR_DISABLE_RUNTIME_DEPENDENCY_INSTALLATION"] == "1"


def test_the_federated_package_imports_without_the_federated_extra() -> None:
    """A node that only exchanges records has neither torch nor Flower."""
    assert _loaded_by("federated.campaign.manifest") & {"torch", "opacus", "flwr"} == set()
