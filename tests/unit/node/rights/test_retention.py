"""What the retention schedule erases leaves the disk, and is counted as it was."""

from datetime import timedelta
from pathlib import Path

from node.consents.consents import GrantInput
from node.context import NodeContext
from node.ledger.own import own_ledger
from tests.support.clock import FrozenClock
from tests.support.parts import consents_of, erasures_of
from tests.support.people import PERSON


def test_what_retention_erases_is_gone_from_the_disk_and_scans_are_counted_where_there_were_any(
    context: NodeContext, clock: FrozenClock, tmp_path: Path
) -> None:
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    for evidence in (form, None):
        given = consents_of(context).grant(
            GrantInput(PERSON, ("casework",), ("ngo",), valid_days=30, evidence=evidence)
        )
        consents_of(context).withdraw(given.consent_id)
    with context.snapshot() as session:
        ledger = own_ledger(context, session)
        salts = [stored.salt for stored in ledger.store.bodies(0, ledger.size())]
    clock.advance(seconds=timedelta(days=1827).total_seconds())
    assert erasures_of(context).retain().scans == 1
    disk = b"".join(path.read_bytes() for path in sorted(context.home.glob("node.sqlite*")))
    assert not any(salt in disk for salt in salts)
