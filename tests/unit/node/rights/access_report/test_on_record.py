"""No access report is handed out, shown or told before the ledger says that it was."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from consent_ledger.log.bodies import AccessReportBody
from consent_ledger.log.entry import EntryType
from node.fetch.asking import Asking, question_of
from node.ledger.own import own_ledger
from node.people.errors import PersonUnknown
from node.people.store import people_store
from node.rights.access_report.collecting import person_entries
from node.wiring import Node
from records_exchange.disclosed_accesses import ACCESS_REPORT
from service.errors import PeerUnreachable
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.postoffice import PostOffice
from trust.parties import EntityKind, Party
from trust.signing import Envelope

if TYPE_CHECKING:
    from collections.abc import Callable


class Watched(PostOffice):
    """A post office that does something before it takes an envelope to an entity, and when it takes the reply."""

    def __init__(self, network: ExchangeNetwork) -> None:
        super().__init__(network)
        self.before: Callable[[str], object] = lambda _entity: None
        self.after: Callable[[str, Envelope], object] = lambda _entity, _reply: None

    @override
    def carry(self, caller: str, peer: Party, envelope: Envelope) -> Envelope:
        self.before(peer.id)
        reply = super().carry(caller, peer, envelope)
        self.after(peer.id, reply)
        return reply


@pytest.fixture
def network(tmp_path: Path) -> Iterator[ExchangeNetwork]:
    """``town`` and ``county`` hold the same person, who consented at the town that ``ngo`` asks."""
    made = ExchangeNetwork(tmp_path)
    for entity in ("town", "county"):
        hold(made.add(entity, kind=EntityKind.PUBLIC), person_record(PERSON))
    made.add("ngo")
    grant(made.nodes["town"], "ngo")
    yield made
    made.close()


def noted(node: Node) -> list[AccessReportBody]:
    with node.context.snapshot() as session:
        person = people_store(node.context, session).get_by_document(PERSON).person_id
        bodies = [
            each.body
            for each in person_entries(node.context, session, person)
            if each.kind is EntryType.ACCESS_REPORT_ISSUED
        ]
    return [body for body in bodies if isinstance(body, AccessReportBody)]


@pytest.mark.parametrize("written", [True, False], ids=["written", "shown"])
def test_a_report_that_cannot_be_noted_is_not_handed_out(network: ExchangeNetwork, *, written: bool) -> None:
    """The person is erased while other entities are asked for their part: there is nobody to note it for."""
    town, folder = network.nodes["town"], network.root / "report"
    office = Watched(network)
    office.before = lambda _entity: town.erasures.erase_person(PERSON, "eu-gdpr:A17-1-b")
    with pytest.raises(PersonUnknown):
        town.access_reports.issue(PERSON, folder if written else None)
    assert not folder.exists()
    assert [path.name for path in network.root.iterdir() if "report" in path.name] == []


@pytest.mark.parametrize("written", [True, False], ids=["written", "shown"])
def test_a_report_is_noted_with_its_hash_whether_it_is_written_or_only_shown(
    network: ExchangeNetwork, *, written: bool
) -> None:
    town = network.nodes["town"]
    issued = town.access_reports.issue(PERSON, network.root / "report" if written else None, ask=False)
    (body,) = noted(town)
    assert (body.report_sha256, body.asked_by) == (issued.sha256, None)
    with town.context.snapshot() as session:
        assert issued.index == own_ledger(town.context, session).size() - 1


def test_what_another_entity_is_told_is_noted_before_it_leaves(network: ExchangeNetwork) -> None:
    county, town = network.nodes["county"], network.nodes["town"]
    office = Watched(network)
    grant(county, "town")
    Asking(town.context, town.peer_ledgers, town.transport.call).fetch(
        PERSON, question_of(town.context, "casework"), ["county"]
    )
    told: list[tuple[int, list[str | None]]] = []
    office.after = lambda _entity, reply: told.append(
        (len(json.loads(reply.payload)["body"]["accesses"]), [body.asked_by for body in noted(county)])
    )
    town.outbox.ask("county", ACCESS_REPORT, {}, document=PERSON)
    assert told == [(1, ["town"])]


def test_a_report_of_the_person_names_the_reports_before_it(network: ExchangeNetwork) -> None:
    town = network.nodes["town"]
    first = town.access_reports.issue(PERSON, ask=False)
    second = town.access_reports.issue(PERSON, ask=False)
    assert [each["index"] for each in second.document["entries"]][-1] == first.index


def test_an_entity_that_cannot_be_reached_keeps_no_report_from_being_noted(network: ExchangeNetwork) -> None:
    town = network.nodes["town"]
    office = PostOffice(network)
    office.away.add("ngo")
    issued = town.access_reports.issue(PERSON)
    (part,) = issued.report.others
    assert isinstance(part.error, PeerUnreachable)
    assert [body.report_sha256 for body in noted(town)] == [issued.sha256]
