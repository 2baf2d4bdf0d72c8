"""What the retention schedule erases leaves the disk, and is counted as it was."""

from datetime import timedelta
from pathlib import Path

from node.consents.consents import GrantInput
from node.ledger.own import own_ledger
from tests.support.clock import FrozenClock
from tests.support.exchange import PERSON, ExchangeNetwork


def test_what_retention_erases_is_gone_from_the_disk_and_scans_are_counted_where_there_were_any(
    network: ExchangeNetwork, tmp_path: Path
) -> None:
    town = network.nodes["town"]
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    for evidence in (form, None):
        given = town.consents.grant(GrantInput(PERSON, ("casework",), ("ngo",), valid_days=30, evidence=evidence))
        town.consents.withdraw(given.consent_id)
    with town.context.snapshot() as session:
        ledger = own_ledger(town.context, session)
        salts = [stored.salt for stored in ledger.store.bodies(0, ledger.size())]
    assert isinstance(network.clock, FrozenClock)
    network.clock.advance(seconds=timedelta(days=1827).total_seconds())
    assert town.erasures.retain().scans == 1
    disk = b"".join(path.read_bytes() for path in sorted(town.context.home.glob("node.sqlite*")))
    assert not any(salt in disk for salt in salts)
