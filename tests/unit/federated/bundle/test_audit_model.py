"""``redpact-audit model DIR``, registered as an entry point would."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from consent_ledger.cli.extensions import add_extensions
from federated.bundle.archive import write_bundle
from federated.cli.audit_model import register
from tests.support import campaigns
from tests.support.bundles import contents

KEY = campaigns.COORDINATOR.public_key.hex()


class Found:
    name = "model"

    @staticmethod
    def load() -> Callable[[typer.Typer], None]:
        return register


@pytest.fixture
def auditor() -> typer.Typer:
    app = typer.Typer()
    app.command("verify")(lambda: None)
    add_extensions(app, [Found()])
    return app


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "bundle", contents(), campaigns.COORDINATOR)
    return tmp_path / "bundle"


def test_a_good_bundle_exits_0(auditor: typer.Typer, bundle: Path) -> None:
    result = CliRunner().invoke(auditor, ["model", str(bundle), "--key", KEY, "--json"])
    assert result.exit_code == 0
    assert json.loads(result.output)["passed"] is True


def test_a_spoiled_bundle_exits_1(auditor: typer.Typer, bundle: Path) -> None:
    (bundle / "metrics.json").write_bytes(b"{}")
    result = CliRunner().invoke(auditor, ["model", str(bundle), "--key", KEY, "--on", "2027-01-01"])
    assert result.exit_code == 1
    assert "NO VERIFICADO" in result.output


def test_it_says_when_the_key_came_with_the_bundle(auditor: typer.Typer, bundle: Path) -> None:
    assert "same folder" in CliRunner().invoke(auditor, ["model", str(bundle), "--lang", "en"]).output


def test_a_key_that_is_none_exits_2(auditor: typer.Typer, bundle: Path) -> None:
    assert CliRunner().invoke(auditor, ["model", str(bundle), "--key", "secret"]).exit_code == 2
