import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.proofs.cosignature import CosignatureSigner
from consent_ledger.witnessing.client import WitnessReply
from consent_ledger.witnessing.witness import WitnessReply as Reply
from node.context import NodeContext
from node.recoveries.endpoint import VetoEndpoint
from node.recoveries.errors import NothingToVeto, VetoUnreadable
from node.recoveries.vetoing import (
    keep_spreading,
    obey_veto_file,
    spread_vetoes,
    veto_own_recovery,
    waiting_recoveries,
)
from service.errors import PeerUnreachable
from tests.support.clock import FrozenClock
from tests.support.parts import NETWORK, SignedDirectory, context_of, keys_of
from tests.support.recoveries import listed_party, recovery_of, veto_of
from trust.errors import SignatureInvalid
from trust.parties import EntityKind, WitnessAddress, witness_name

ENTITIES = ("leon", "soria", "zamora")
NEW = keys_of("leon, new machine")


@pytest.fixture
def directory() -> SignedDirectory:
    made = SignedDirectory(FrozenClock(), dict.fromkeys(ENTITIES, EntityKind.PUBLIC))
    for entity in ("leon", "soria"):
        vkey = CosignatureSigner(witness_name(NETWORK, entity), keys_of(entity).witness).vkey
        party = listed_party(made.parties[entity])
        witness = WitnessAddress(vkey=vkey, url=f"https://{entity}.example/w")
        made.parties[entity] = party.model_copy(update={"witness": witness})
    return made


@pytest.fixture
def nodes(tmp_path: Path, directory: SignedDirectory) -> Iterator[dict[str, NodeContext]]:
    made = {entity: context_of(entity, tmp_path / entity, directory) for entity in ENTITIES}
    yield made
    for context in made.values():
        context.close()


class Wire:
    """Carries requests to the endpoints of nodes by the names in their URLs."""

    def __init__(self, nodes: dict[str, NodeContext]) -> None:
        self.endpoints = {
            f"https://{entity}.example/w": VetoEndpoint(context, lambda *_request: Reply(404, b"a witness\n"))
            for entity, context in nodes.items()
        }

    def __call__(self, url: str, method: str, path: str, body: bytes) -> WitnessReply:
        reply = self.endpoints[url].handle(method, path, body)
        return WitnessReply(reply.status, reply.body)


def no_coordinator() -> None:
    raise PeerUnreachable("away", remedy="-")


def test_the_owner_vetoes_without_the_coordinator_and_others_pass_it_on(
    nodes: dict[str, NodeContext], directory: SignedDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = Wire(nodes)
    monkeypatch.setattr("node.recoveries.vetoing._sender", lambda _context: wire)
    directory.change("leon", recovery=recovery_of(directory.parties["leon"], NEW, directory.clock.now()))
    (recovery,) = waiting_recoveries(nodes["zamora"])
    sent = veto_own_recovery(nodes["leon"], no_coordinator, decided_by="Ana")  # type: ignore[arg-type]
    assert (sent.coordinator, sent.entities, sent.recovery) == (False, ("soria",), recovery)
    assert nodes["soria"].directory.newest().active_party("leon")  # type: ignore[union-attr]
    assert spread_vetoes(nodes["zamora"]) == ()  # it has no port, and asks
    assert nodes["zamora"].directory.newest().active_party("leon")  # type: ignore[union-attr]
    assert obey_veto_file(nodes["zamora"], sent.file) == "leon"


def test_a_veto_of_somebody_else_is_refused_over_http_and_changes_nothing(
    nodes: dict[str, NodeContext], directory: SignedDirectory, tmp_path: Path
) -> None:
    recovery = recovery_of(directory.parties["leon"], NEW, directory.clock.now())
    wire = Wire(nodes)
    url = "https://soria.example/w"
    honest = veto_of(recovery, keys_of("leon"))
    assert wire(url, "POST", "/recovery-veto", honest.model_dump_json().encode()).status == 403  # of nothing told here
    directory.change("leon", recovery=recovery)
    forged = veto_of(recovery, keys_of("thief")).model_dump_json().encode()
    for body in (
        forged,
        b"",
        b"{}",
        b"[" * 5000,
        b"\xff",
        json.dumps({"payload": "{}", "by_signing": "0" * 128}).encode(),
    ):
        assert wire(url, "POST", "/recovery-veto", body).status == 403
    assert wire(url, "GET", f"/recovery-veto/{recovery.id}", b"").status == 404
    assert wire(url, "GET", "/recovery-veto/../../keys/signing.pem", b"").body == b"a witness\n"
    assert nodes["soria"].directory.vetoes.ids() == frozenset()
    file = tmp_path / "veto.json"
    file.write_bytes(forged)
    with pytest.raises(SignatureInvalid):
        obey_veto_file(nodes["soria"], file)
    file.write_text("nothing")
    with pytest.raises(VetoUnreadable):
        obey_veto_file(nodes["soria"], file)
    with pytest.raises(VetoUnreadable):
        obey_veto_file(nodes["soria"], tmp_path / "missing")


def test_a_witness_that_answers_lies_is_not_believed(nodes: dict[str, NodeContext], directory: SignedDirectory) -> None:
    recovery = recovery_of(directory.parties["leon"], NEW, directory.clock.now())
    directory.change("leon", recovery=recovery)
    forged = veto_of(recovery, keys_of("thief")).model_dump_json().encode()
    assert spread_vetoes(nodes["zamora"], lambda *_request: WitnessReply(200, forged)) == ()
    assert nodes["zamora"].directory.vetoes.ids() == frozenset()


def test_there_is_nothing_to_veto(nodes: dict[str, NodeContext]) -> None:
    with pytest.raises(NothingToVeto):
        veto_own_recovery(nodes["leon"], no_coordinator, decided_by="Ana")  # type: ignore[arg-type]
    assert spread_vetoes(nodes["leon"], lambda *_request: WitnessReply(500, b"")) == ()


def test_a_new_recovery_alarms_at_once(
    nodes: dict[str, NodeContext], directory: SignedDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Rounds:
        left = 3

        def wait(self, _seconds: float) -> bool:
            self.left -= 1
            return self.left < 0

    alarms: list[int] = []
    sent: list[int] = []
    monkeypatch.setattr("node.recoveries.vetoing.spread_vetoes", lambda _context: sent.append(1))
    keep_spreading(nodes["soria"], no_coordinator, lambda: alarms.append(1), Rounds())  # type: ignore[arg-type]
    assert alarms == []
    directory.change("leon", recovery=recovery_of(directory.parties["leon"], NEW, directory.clock.now()))
    keep_spreading(nodes["soria"], no_coordinator, lambda: alarms.append(1), Rounds())  # type: ignore[arg-type]
    assert (alarms, sent) == ([1], [1])
