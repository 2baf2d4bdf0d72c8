from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from consent_ledger.witnessing.sql_checkpoints import CheckpointRole, SqlCheckpointStore
from node.fetch.asking import Asking, Fetched, question_of
from node.ledger.export import own_ledger_status
from records_exchange.errors import RequestReplayed
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.postgres import postgres_server, server_programs
from tests.support.simulated_peer import SimulatedPeer


@pytest.mark.postgres
@pytest.mark.skipif(server_programs() is None, reason="no PostgreSQL server here: run make system")
@pytest.mark.parametrize("asker", [True, False], ids=["asker", "holder"])
def test_answers_to_one_asker_at_once_cross_and_are_linked(tmp_path: Path, asker: bool) -> None:
    with postgres_server() as url:
        network = ExchangeNetwork(tmp_path)
        ngo = network.add("ngo", database=url if asker else "")
        town = network.add("town", database="" if asker else url)
        hold(town, person_record())
        grant(town, "ngo")
        answering = town.answering
        asking = Asking(ngo.context, ngo.peer_ledgers, lambda _, envelope: answering.answer(envelope, "ngo"))
        question = question_of(ngo.context, "casework")

        def fetch(_: int = 0) -> Fetched:
            return asking.fetch(PERSON, question, ["town"])

        with ThreadPoolExecutor(8) as pool:
            assert all(fetched.replies[0].released for fetched in pool.map(fetch, range(40)))
        assert own_ledger_status(ngo.context).size == 40
        assert fetch().replies[0].released
        assert fetch().replies[0].released  # whatever crossed was named, and is linked now
        with ngo.context.snapshot() as session:
            origin = town.context.settings.ledger_origin
            seen = SqlCheckpointStore(session, CheckpointRole.PEER).get(origin)
            assert seen is not None
            assert seen.size == own_ledger_status(town.context).size == 43
            assert SqlCheckpointStore(session, CheckpointRole.UNPROVEN).get(origin) is None
        network.close()


@pytest.mark.postgres
@pytest.mark.skipif(server_programs() is None, reason="no PostgreSQL server here: run make system")
def test_release_replay_and_withdrawal_on_postgresql(tmp_path: Path) -> None:
    with postgres_server() as url:
        network = ExchangeNetwork(tmp_path)
        ngo, town = network.add("ngo"), network.add("town", database=url)
        hold(town, person_record())
        consent = grant(town, "ngo")
        answering = town.answering
        asking = Asking(ngo.context, ngo.peer_ledgers, lambda _, envelope: answering.answer(envelope, "ngo"))
        question = question_of(ngo.context, "casework")

        def fetch(_: int = 0) -> Fetched:
            return asking.fetch(PERSON, question, ["town"])

        with ThreadPoolExecutor(4) as pool:
            assert all(fetched.replies[0].released for fetched in pool.map(fetch, range(8)))

        peer = SimulatedPeer("peer")
        network.parties["peer"] = peer.party
        network.publish()
        envelope = peer.ask("town", network.clock.now())
        answering.answer(envelope, "peer")
        size = own_ledger_status(town.context).size
        with pytest.raises(RequestReplayed):
            answering.answer(envelope, "peer")
        assert own_ledger_status(town.context).size == size == 10

        town.consents.withdraw(consent)
        assert not fetch().replies[0].released
        network.close()
