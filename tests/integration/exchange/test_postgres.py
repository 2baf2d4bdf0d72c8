from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from node.exchange.answering import Answering
from node.exchange.asking import Asking, Fetched, question_of
from node.exchange.consents import Consents
from node.exchange.ledger import own_ledger_status
from records_exchange.errors import RequestReplayed
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.postgres import postgres_server, server_programs
from tests.support.simulated_peer import SimulatedPeer


@pytest.mark.postgres
@pytest.mark.skipif(server_programs() is None, reason="no PostgreSQL server here: run make system")
def test_release_replay_and_withdrawal_on_postgresql(tmp_path: Path) -> None:
    with postgres_server() as url:
        network = ExchangeNetwork(tmp_path)
        ngo, town = network.add("ngo"), network.add("town", database=url)
        hold(town, person_record())
        consent = grant(town, "ngo")
        answering = Answering(town)
        asking = Asking(ngo, send=lambda _, envelope: answering.answer(envelope, "ngo"))
        question = question_of(ngo, "casework")

        def fetch(_: int = 0) -> Fetched:
            return asking.fetch(PERSON, question, ["town"])

        with ThreadPoolExecutor(4) as pool:
            assert all(fetched.replies[0].released for fetched in pool.map(fetch, range(8)))

        peer = SimulatedPeer("peer")
        network.parties["peer"] = peer.party
        network.publish()
        envelope = peer.ask("town", network.clock.now())
        answering.answer(envelope, "peer")
        size = own_ledger_status(town).size
        with pytest.raises(RequestReplayed):
            answering.answer(envelope, "peer")
        assert own_ledger_status(town).size == size == 10

        Consents(town).withdraw(consent)
        assert not fetch().replies[0].released
        network.close()
