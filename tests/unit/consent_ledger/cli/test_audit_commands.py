import json
import subprocess
import sys
from pathlib import Path

import pytest

from consent_ledger.cli.app import main
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.receipts.entry_proofs import prove_leaf
from tests.support.clock import START
from tests.support.ledgers import grant_of, new_ledger, new_register, new_signer, release_of
from tests.support.receipts import new_receipt


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["redpact-audit", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


@pytest.fixture
def ledger() -> ConsentLedger:
    return new_ledger()


@pytest.fixture
def export(tmp_path: Path, ledger: ConsentLedger) -> Path:
    view = new_register(ledger).grant(grant_of(), START)
    ledger.append([release_of(view.consent_id)], START)
    export_ledger(ledger, tmp_path / "export")
    new_receipt(ledger, view, tmp_path / "receipt")
    return tmp_path / "export"


def test_verify_exits_0_and_prints_one_json_document(
    export: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "verify", export, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["passed"] is True
    assert document["size"] == 2


def test_verify_exits_1_when_something_is_wrong(
    export: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (export / "bodies/1.json").unlink()
    assert run(monkeypatch, "verify", export) == 1
    assert "NO VERIFICADO" in capsys.readouterr().out


def test_verify_exits_2_on_a_folder_that_is_no_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "verify", tmp_path, "--json") == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "export_unusable"


def test_verify_says_when_the_key_came_with_the_export(
    export: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "verify", export, "--lang", "en") == 0
    assert "same folder" in capsys.readouterr().out
    assert run(monkeypatch, "verify", export, "--lang", "en", "--policy", export / "trust.policy") == 0
    assert "same folder" not in capsys.readouterr().out


def test_receipt_exits_0_or_1(
    export: Path, ledger: ConsentLedger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    proof = export.parent / "receipt/consent.tlog-proof"
    assert run(monkeypatch, "receipt", proof, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["verified"], document["origin"]) == (True, ledger.origin)
    proof.write_bytes(proof.read_bytes().replace(b"index 0", b"index 1"))
    assert run(monkeypatch, "receipt", proof) == 1
    assert "proof_invalid" in capsys.readouterr().err


def test_report_writes_one_private_file_and_does_not_replace_another(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "informe.html"
    assert run(monkeypatch, "report", export, "--output", page, "--json") == 0
    assert json.loads(capsys.readouterr().out)["report"] == str(page)
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert page.stat().st_mode & 0o077 == 0
    assert run(monkeypatch, "report", export, "--output", page) == 2
    assert run(monkeypatch, "report", export, "--output", page, "--force", "--lang", "en") == 0
    (export / "bodies/1.json").unlink()
    assert run(monkeypatch, "report", export, "--output", page, "--force") == 1
    assert "NO VERIFICADO" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", [[], ["verify"], ["report"], ["receipt"]])
def test_every_command_explains_itself(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *command, "--help") == 0
    assert "redpact-audit" in capsys.readouterr().out


def test_the_auditor_needs_no_database_network_or_learning_library() -> None:
    program = (
        "import sys, consent_ledger.cli.app, consent_ledger.audit.verify, consent_ledger.receipts.receipt\n"
        "print(sorted({'sqlalchemy', 'alembic', 'grpc', 'torch', 'flwr', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_verify_holds_an_export_against_that_of_another_entity(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    export_ledger(ConsentLedger(new_ledger().store, new_signer("red.example/entity/ong-b")), tmp_path / "other")
    assert run(monkeypatch, "verify", export, "--counterpart", tmp_path / "other", "--json") == 0
    (tmp_path / "other/checkpoint").write_text("forged", encoding="utf-8")
    assert run(monkeypatch, "verify", export, "--counterpart", tmp_path / "other") == 1
    assert "counterpart_unverified" in capsys.readouterr().out


def test_a_proof_without_content_says_so(
    export: Path,
    ledger: ConsentLedger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "1.tlog-proof").write_bytes(prove_leaf(ledger, 1).to_bytes())
    policy = export / "trust.policy"
    assert run(monkeypatch, "receipt", tmp_path / "1.tlog-proof", "--policy", policy) == 0
    assert "no muestra el contenido" in capsys.readouterr().out
    assert run(monkeypatch, "receipt", tmp_path / "1.tlog-proof", "--policy", policy, "--json") == 0
    assert json.loads(capsys.readouterr().out)["body"] is None
