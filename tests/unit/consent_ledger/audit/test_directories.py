"""``redpact-audit directory``: a folder of directories, honest, changed, and hostile."""

import base64
import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from consent_ledger.audit.directories import DirectoryReport, verify_directories
from consent_ledger.directories.logged import log_verifier, payload_digest
from consent_ledger.errors import ExportUnusable
from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.proofs.note import NoteSigner
from consent_ledger.proofs.trust_policy import TrustPolicy
from consent_ledger.receipts.directory_folder import KeptProof, write_directories
from tests.support.clock import START
from tests.support.directory_log import DirectoryLog
from trust.directory import Directory, seal_directory
from trust.errors import TrustError
from trust.key_changes import KeyChange, KeyChangeRecord
from trust.key_proofs import KeyPurpose
from trust.parties import EntityKind, EntityStatus, Party, ledger_origin, witness_name
from trust.signing import Ed25519Signer, Envelope, Signer
from trust.xeddsa import ExchangeSigner

NETWORK = "red.example"
SIGNER = Ed25519Signer.generate()
ANCHOR = Ed25519Signer.generate()
LOG_VKEY = log_verifier(NETWORK, SIGNER.public_key).vkey
ANCHOR_VKEY = CosignatureSigner(witness_name(NETWORK, "avila"), ANCHOR).vkey
POLICY = TrustPolicy.parse(f"log {LOG_VKEY}\nwitness avila {ANCHOR_VKEY}\nquorum avila\n".encode())


@cache
def private_keys(owner: str) -> Mapping[KeyPurpose, Signer]:  # noqa: ARG001 - the cache tells owners apart
    """Return keys of an owner's own, the same at every call."""
    return {
        KeyPurpose.SIGNING: Ed25519Signer.generate(),
        KeyPurpose.LEDGER: Ed25519Signer.generate(),
        KeyPurpose.EXCHANGE: ExchangeSigner(X25519PrivateKey.generate()),
    }


def keys_of(entity: str, keys: Mapping[KeyPurpose, Signer]) -> dict[str, str]:
    """Return the keys as a directory lists them."""
    return {
        "signing_key": keys[KeyPurpose.SIGNING].public_key.hex(),
        "exchange_key": keys[KeyPurpose.EXCHANGE].public_key.hex(),
        "ledger_vkey": NoteSigner(ledger_origin(NETWORK, entity), keys[KeyPurpose.LEDGER]).vkey,
    }


def fresh_keys(owner: str) -> dict[str, str]:
    """Return an owner's keys as a directory lists them."""
    return keys_of(owner, private_keys(owner))


def party(entity: str, **changes: object) -> Party:
    values = {
        "id": entity,
        "name": f"Entidad {entity}",
        "kind": EntityKind.PUBLIC,
        "status": EntityStatus.ACTIVE,
        "addresses": (f"{entity}.example:1",),
    }
    return Party.model_validate(values | fresh_keys(entity) | changes)


def rotated() -> dict[str, object]:
    """Return the keys of leon after it changed all three, with its statements."""
    old, new = private_keys("leon"), private_keys("another-leon")
    records = tuple(
        KeyChangeRecord.signed(
            KeyChange(
                network=NETWORK,
                entity="leon",
                purpose=purpose,
                sequence=number,
                time=START,
                old=old[purpose].public_key.hex(),
                new=new[purpose].public_key.hex(),
            ),
            signing_key=old[KeyPurpose.SIGNING],
            old=old[purpose],
            new=new[purpose],
        )
        for number, purpose in enumerate((KeyPurpose.LEDGER, KeyPurpose.EXCHANGE, KeyPurpose.SIGNING), start=1)
    )
    return {**keys_of("leon", new), "key_changes": records}


ROTATED = rotated()
STORY: tuple[tuple[Party, ...], ...] = (
    (party("avila"),),
    (party("avila"), party("leon")),
    (party("avila"), party("leon", **ROTATED)),
    (party("avila"), party("leon", **ROTATED, status=EntityStatus.SUSPENDED)),
    (party("avila", addresses=("moved.example:1",)), party("leon", **ROTATED)),
    (party("avila"), party("leon", **ROTATED)),
)
UNPROVEN = (party("avila"), party("leon", **fresh_keys("another-leon")))
"""Keys of leon that no statement of its own leads to."""
MOVED = (party("avila", addresses=("moved.example:1",)), party("leon"))


def directory(serial: int, parties: tuple[Party, ...]) -> Directory:
    return Directory(
        network=NETWORK,
        serial=serial,
        issued=START + timedelta(hours=serial),
        expires=START + timedelta(days=9),
        coordinator_key=SIGNER.public_key.hex(),
        coordinator_address="c.example:1",
        ca_pem="CA",
        entities=parties,
    )


def proofs(log: DirectoryLog, serials: tuple[int, ...] = (1, 2, 3, 4, 5, 6), *, pruned: int = 0) -> list[KeptProof]:
    """Return the story's directories, as a node keeps them that took these."""
    logged = [log.add(directory(serial, parties)) for serial, parties in enumerate(STORY, 1)]
    found, before = [], 0
    for serial in serials:
        each = log.since(logged[serial - 1], before)
        envelope = b"" if serial <= pruned else each.envelope.to_json()
        digest = payload_digest(each.envelope)
        link = each.consistency if before else ()
        found.append(KeptProof(serial, digest, envelope, each.checkpoint, each.inclusion, before, link))
        before = serial
    return found


def new_log() -> DirectoryLog:
    log = DirectoryLog(NETWORK, SIGNER)
    log.anchors = {"avila": ANCHOR}
    return log


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_directories(tmp_path / "export", proofs(new_log()), b"", [])
    return tmp_path / "export"


def codes(report: DirectoryReport) -> list[tuple[int, str, str]]:
    return [(each.serial, each.code, each.entity) for each in report.changes]


def test_an_honest_folder_passes_and_tells_who_came_and_who_changed_keys(folder: Path) -> None:
    report = verify_directories(folder, POLICY)
    assert report.passed
    assert (report.first, report.last, report.examined, report.witnesses) == (1, 6, 6, ("avila",))
    assert codes(report) == [
        (1, "joined", "avila"),
        (2, "joined", "leon"),
        (3, "keys", "leon"),
        (4, "suspended", "leon"),
        (5, "addresses", "avila"),
        (5, "reinstated", "leon"),
        (6, "addresses", "avila"),
    ]
    text = report.text("en")
    assert "leon changes keys: signing, exchange and ledger" in text


def test_a_node_that_did_not_see_every_directory_proves_what_it_saw(tmp_path: Path) -> None:
    write_directories(tmp_path / "export", proofs(new_log(), (2, 5)), b"", [])
    report = verify_directories(tmp_path / "export", POLICY)
    assert (report.passed, report.first, report.last, report.examined) == (True, 2, 5, 2)


def test_what_was_pruned_is_still_proved_to_have_been_there(tmp_path: Path) -> None:
    write_directories(tmp_path / "export", proofs(new_log(), pruned=4), b"", [])
    report = verify_directories(tmp_path / "export", POLICY)
    assert (report.passed, report.pruned, report.examined) == (True, 4, 6)


def test_too_few_cosignatures_on_the_newest_are_a_fault(tmp_path: Path) -> None:
    write_directories(tmp_path / "export", proofs(DirectoryLog(NETWORK, SIGNER)), b"", [])
    report = verify_directories(tmp_path / "export", POLICY)
    assert [each.code for each in report.faults] == ["quorum_missing"]


def _swap(folder: Path) -> None:
    one, other = folder / "00000003.json", folder / "00000004.json"
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)


def _forge(folder: Path) -> None:
    forger = Ed25519Signer.generate()
    false = DirectoryLog(NETWORK, forger).sign(directory(3, STORY[0]))
    (folder / "00000003.json").write_bytes(false.to_json())


def _fork(folder: Path) -> None:
    other = new_log()
    logged = [other.add(directory(serial, STORY[5])) for serial in (1, 2, 3)]
    each = other.since(logged[-1], 2)
    kept = KeptProof(
        3, payload_digest(each.envelope), each.envelope.to_json(), each.checkpoint, each.inclusion, 2, each.consistency
    )
    write_directories(folder.parent / "other", [kept], b"", [])
    for path in (folder.parent / "other").glob("00000003*"):
        path.replace(folder / path.name)


def _unlink(folder: Path) -> None:
    (folder / "00000003.consistency").unlink()


def _leave_out(folder: Path) -> None:
    for path in folder.glob("00000003*"):
        path.unlink()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_swap, "proof_invalid"),
        (_forge, "proof_invalid"),
        (_fork, "proof_invalid"),
        (_unlink, "proof_invalid"),
        (_leave_out, "proof_invalid"),
    ],
)
def test_a_folder_that_was_changed_does_not_pass(folder: Path, change: Callable[[Path], None], code: str) -> None:
    change(folder)
    report = verify_directories(folder, POLICY)
    assert not report.passed
    assert code in {each.code for each in report.faults}


def evidence(**changes: object) -> dict[str, object]:
    """Return a fork as a node keeps it."""
    log, other = new_log(), DirectoryLog(NETWORK, SIGNER)
    log.add(directory(2, STORY[1]))
    other.add(directory(2, STORY[0]))
    values = {
        "kind": "fork",
        "origin": f"{NETWORK}/directory",
        "seen_by": "directory",
        "seen_at": START.isoformat(),
        "known_checkpoint": log.head(2, START).decode(),
        "offered_checkpoint": other.head(2, START).decode(),
        "offered_proof": [],
    }
    return values | changes


def judged(folder: Path, document: object) -> DirectoryReport:
    (folder / "evidence").mkdir()
    (folder / "evidence" / "fork-0-0.json").write_text(json.dumps(document))
    return verify_directories(folder, POLICY)


def test_two_heads_of_one_size_prove_the_coordinators_misconduct(folder: Path) -> None:
    report = judged(folder, evidence())
    assert not report.passed
    assert ([each.code for each in report.evidence], report.faults) == (["fork"], [])


def test_an_older_head_of_another_log_is_proved_by_the_root_that_ours_extends(folder: Path) -> None:
    log, other = new_log(), DirectoryLog(NETWORK, SIGNER)
    for serial in range(1, 6):
        log.add(directory(serial, STORY[serial - 1]))
    other.add(directory(3, STORY[0]))
    document = evidence(
        known_checkpoint=log.head(5, START).decode(),
        offered_checkpoint=other.head(3, START).decode(),
        offered_proof=[base64.b64encode(each).decode() for each in log.tree.consistency(3, 5)],
        known_root_at_offered_size=base64.b64encode(log.tree.root(3)).decode(),
    )
    assert [each.code for each in judged(folder, document).evidence] == ["fork"]


def changed_keys(serial: int, parties: tuple[Party, ...]) -> dict[str, object]:
    """Return a directory that changes keys, as a node keeps it beside the one that it knew."""
    shown = {"known_directory": directory(2, STORY[1]), "offered_directory": directory(serial, parties)}
    return evidence(kind="keys_changed") | {
        name: json.loads(seal_directory(each, SIGNER).to_json()) for name, each in shown.items()
    }


@pytest.mark.parametrize("parties", [UNPROVEN, STORY[0]], ids=["other keys", "left out"])
def test_a_directory_that_changes_keys_is_proved_beside_the_one_before(
    folder: Path, parties: tuple[Party, ...]
) -> None:
    report = judged(folder, changed_keys(3, parties))
    assert ([each.code for each in report.evidence], report.faults) == (["keys_changed"], [])


@pytest.mark.parametrize(
    "document",
    [
        changed_keys(3, MOVED),
        changed_keys(1, STORY[0]),
        evidence(kind="keys_changed"),
        evidence(offered_checkpoint=evidence()["known_checkpoint"]),
        evidence(known_checkpoint="x"),
        evidence(known_checkpoint=None),
        evidence(kind="false_keys"),
        {},
        [],
        "text",
        {"kind": {"deep": []}},
    ],
)
def test_evidence_that_proves_nothing_is_a_fault_of_the_folder(folder: Path, document: object) -> None:
    report = judged(folder, document)
    assert [each.code for each in report.evidence] == []
    assert [each.code for each in report.faults] == ["evidence_unusable"]


def _fifo(folder: Path) -> None:
    os.mkfifo(folder / "00000007.tlog-proof")


def _link(folder: Path) -> None:
    (folder / "00000007.tlog-proof").symlink_to(folder / "00000006.tlog-proof")


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def _odd_name(folder: Path) -> None:
    (folder / "7.tlog-proof").write_bytes(b"")


def _garbage(folder: Path) -> None:
    (folder / "00000003.tlog-proof").write_bytes(os.urandom(2000))


def _huge(folder: Path) -> None:
    with (folder / "00000003.tlog-proof").open("wb") as file:
        file.truncate(1 << 40)


def _huge_directory(folder: Path) -> None:
    with (folder / "00000003.json").open("wb") as file:
        file.truncate(1 << 40)


@pytest.mark.invariant(8)
@pytest.mark.parametrize("attack", [_fifo, _link, _empty, _odd_name, _garbage, _huge, _huge_directory])
def test_a_hostile_folder_leads_to_a_typed_error_within_seconds(folder: Path, attack: Callable[[Path], None]) -> None:
    attack(folder)
    begun = time.monotonic()
    with pytest.raises(TrustError):
        verify_directories(folder, POLICY)
    assert time.monotonic() - begun < 10


@pytest.mark.invariant(8)
def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExportUnusable):
        verify_directories(tmp_path / "none", POLICY)


def test_the_signed_bytes_of_an_export_are_those_that_were_signed(folder: Path) -> None:
    envelope = Envelope.from_json((folder / "00000006.json").read_bytes())
    assert payload_digest(envelope) == payload_digest(new_log().sign(directory(6, STORY[5])))
