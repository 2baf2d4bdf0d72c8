"""What the retention schedule erases leaves the disk, and is counted as it was."""

from datetime import timedelta
from pathlib import Path

from node.consents.consents import Consents, GrantInput
from node.rights.erasure import Erasures
from tests.support.clock import FrozenClock
from tests.support.exchange import PERSON, ExchangeNetwork


def test_what_retention_erases_is_gone_from_the_disk_and_scans_are_counted_where_there_were_any(
    network: ExchangeNetwork, tmp_path: Path
) -> None:
    town = network.nodes["town"]
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    for evidence in (form, None):
        given = Consents(town).grant(GrantInput(PERSON, ("casework",), ("ngo",), valid_days=30, evidence=evidence))
        Consents(town).withdraw(given.consent_id)
    with town.snapshot() as session:
        ledger = town.ledger(session)
        salts = [stored.salt for stored in ledger.store.bodies(0, ledger.size())]
    assert isinstance(network.clock, FrozenClock)
    network.clock.advance(seconds=timedelta(days=1827).total_seconds())
    assert Erasures(town).retain().scans == 1
    disk = b"".join(path.read_bytes() for path in sorted(town.home.glob("node.sqlite*")))
    assert not any(salt in disk for salt in salts)
