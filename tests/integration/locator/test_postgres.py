from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, select

from node.locator.pseudonyms import Pseudonyms
from node.locator.tables import LocatorPseudonymRow
from node.people.store import people_store
from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from tests.support.postgres import postgres_server, server_programs
from trust.locator_terms import HeldKey, LocatorEpoch


@pytest.mark.postgres
@pytest.mark.skipif(server_programs() is None, reason="no PostgreSQL server here: run make system")
def test_a_command_and_the_service_keep_the_same_pseudonym_at_once_on_postgresql(tmp_path: Path) -> None:
    with postgres_server() as url:
        network = ExchangeNetwork(tmp_path)
        town = network.add("town", database=url)
        hold(town, person_record())
        keeping = Pseudonyms(town.context, town.locator_client())
        held = HeldKey(holder="coordinator", public_key="00" * 32)
        epoch = LocatorEpoch(number=1, keys=(held,), started=network.clock.now())
        with town.context.snapshot() as session:
            person = people_store(town.context, session).get_by_document(PERSON).person_id

        def keep(_: int) -> tuple[str, ...]:
            with town.context.transaction() as session:
                return keeping.keep(session, epoch, {person: b"\3" * 32})

        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(keep, range(24))) == {(person,)}
        with town.context.snapshot() as session:
            assert session.scalar(select(func.count()).select_from(LocatorPseudonymRow)) == 1
            assert keeping.kept(session, epoch, [person]) == {person: b"\3" * 32}
        network.close()
