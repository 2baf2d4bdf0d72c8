"""The auditor as a data-protection officer installs it: its own package, and none of the libraries of a node."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from consent_ledger.exports.ledger_export import export_ledger
from tests.support.clock import START
from tests.support.ledgers import grant_of, new_ledger, new_register
from tests.support.receipts import new_receipt
from tests.support.told_ledger import tell
from tools.auditor import NEEDED, build, project_file

NOT_NEEDED = [
    *(
        "torch",
        "flwr",
        "opacus",
        "opendp",
        "dp_accounting",
        "numpy",
        "scipy",
        "grpc",
        "google",
        "sqlalchemy",
        "alembic",
    ),
    *(
        "psycopg",
        "sqlite3",
        "cedarpy",
        "structlog",
        "fastapi",
        "starlette",
        "uvicorn",
        "httpx",
        "requests",
        "weasyprint",
    ),
    *("protos", "service", "records_exchange", "federated", "node", "coordinator"),
]
START_WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {missing}:
            raise ModuleNotFoundError(f"not installed here: {{name}}", name=name)
        return None

sys.meta_path.insert(0, Missing())
from consent_ledger.cli.app import main
main()
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the wheel, as an installer would."""
    folder = tmp_path_factory.mktemp("auditor")
    with zipfile.ZipFile(build(folder)) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write an export and a receipt."""
    folder = tmp_path_factory.mktemp("papers")
    ledger = new_ledger()
    register = new_register(ledger)
    tell(ledger, register)
    new_receipt(ledger, register.grant(grant_of(), START), folder / "receipt")
    export_ledger(ledger, folder / "export")
    return folder


def audit(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = START_WITHOUT.format(missing=set(NOT_NEEDED))
    command = [sys.executable, "-c", program, *words]
    environment = {"PATH": os.defpath, "PYTHONPATH": str(installed), "HOME": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_it_verifies_reports_and_checks_receipts_without_the_libraries_of_a_node(installed: Path, papers: Path) -> None:
    policy = ("--policy", "export/trust.policy")
    verified = audit(installed, papers, "verify", "export", "--json", *policy)
    assert json.loads(verified.stdout)["passed"], verified.stderr
    receipt = audit(installed, papers, "receipt", "receipt/consent.tlog-proof", "--json", *policy)
    assert json.loads(receipt.stdout)["record_matches"], receipt.stderr
    report = audit(installed, papers, "report", "export", *policy)
    assert report.returncode == 0, report.stderr
    assert "VERIFICADO" in (papers / "redpact-report.html").read_text(encoding="utf-8")


def test_it_runs_from_its_own_package(installed: Path) -> None:
    assert not (installed / "consent_ledger/log/sql_store.py").exists()
    assert not (installed / "policies/access.py").exists()
    assert (installed / "policies/data/notices/consent-1.0.es.md").is_file()
    (metadata,) = installed.glob("redpact_audit-*.dist-info/METADATA")
    needed = [line for line in metadata.read_text(encoding="utf-8").splitlines() if line.startswith("Requires-Dist")]
    assert len(needed) == len(NEEDED)
    assert all(any(name in line for line in project_file().splitlines()) for name in NEEDED)


def test_it_brings_the_words_and_pages_that_people_read(installed: Path, tmp_path: Path) -> None:
    code = (
        "from presentation.formats import duration; from presentation.pages import Pages; "
        "page = Pages('presentation').render('both.html', 'en', mains={'es': 'uno', 'en': 'one'}); "
        "print(duration(7200, 'en'), 'sha256-' in page)"
    )
    environment = {"PATH": os.defpath, "PYTHONPATH": str(installed), "HOME": str(tmp_path)}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (result.stdout, result.stderr) == ("2 hours True\n", "")
