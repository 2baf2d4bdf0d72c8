"""Risk lists: a verified model, this node's people, reasons in words, and nothing kept or sent."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from consent_ledger.errors import SignatureInvalid
from consent_ledger.signing import Ed25519Signer
from coordinator.training.proposal import records_question
from federated.errors import ReleaseInvalid
from federated.manifest import CampaignManifest, DataSource, manifest_sha256
from federated.release import ModelRelease, seal_release
from node.records.population import PopulationRequest, generate
from node.risk import listing, report
from node.rpc.training import ListedCampaign
from node.training.errors import MonthInvalid, ReleaseMissing
from node.wiring import Node
from tests.support.campaigns import CAMPAIGN, manifest
from tests.support.clock import START, FrozenClock
from tests.support.exchange import ExchangeNetwork, hold
from tests.support.training import ScriptedCoordinator

AS_OF = date(2019, 1, 1)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    net = ExchangeNetwork(tmp_path_factory.mktemp("risk"), FrozenClock(START))
    made = net.add("soria")
    made.__dict__["test_signer"] = net.coordinator
    hold(made, *generate(PopulationRequest(province="42", people=120)))
    yield made
    made.close()


def question() -> CampaignManifest:
    asked = records_question()
    return manifest(features=asked.features, label=asked.label, source=DataSource.RECORDS, dataset="records")


def coordinator(node: Node, *, signer: Ed25519Signer | None = None, **changes: object) -> ScriptedCoordinator:
    """Return a coordinator with one released model that looks at months on benefit only."""
    script = ScriptedCoordinator(node.__dict__["test_signer"], "soria")
    content = question()
    envelope = script.offer(content)
    script.listed[0] = ListedCampaign(envelope, "released")
    values: dict[str, object] = {
        "campaign_id": CAMPAIGN,
        "manifest_sha256": manifest_sha256(envelope),
        "network": content.network,
        "model": content.model,
        "columns": content.columns,
        "weights": [3.0 if column == "benefit_months" else 0.0 for column in content.columns],
        "intercept": -1.0,
        "epsilon": content.epsilon,
        "epsilon_spent": content.epsilon,
        "delta": content.delta,
        "rounds_completed": 4,
        "contributors": ["leon", "soria"],
        "people_estimate": 200.0,
        "transcript_sha256": "0" * 64,
        "released": START,
    }
    release = ModelRelease.model_validate(values | changes)
    script.releases[CAMPAIGN] = seal_release(release, signer or script.signer)
    return script


def test_people_come_ranked_with_reasons_in_words(node: Node) -> None:
    shown = listing.risk_list(node, coordinator(node), top=5, as_of=AS_OF)
    assert 5 == len(shown.entries) < shown.people <= 120
    chances = [entry.probability for entry in shown.entries]
    assert chances == sorted(chances, reverse=True)
    assert shown.entries[0].reasons[0].feature == "benefit_months"
    assert "Meses con renta mínima" in report.list_text(shown, "es")
    assert "Months on minimum income" in report.list_text(shown, "en")
    assert report.list_document(shown)["purpose"] == "support_only"


def test_with_the_coordinator_down_the_kept_model_serves(node: Node) -> None:
    script = coordinator(node)
    first = listing.risk_list(node, script, top=3, as_of=AS_OF)
    script.reachable = False
    assert listing.risk_list(node, script, top=3, as_of=AS_OF).entries == first.entries


def test_scores_are_stored_nowhere(node: Node) -> None:
    def contents() -> dict[str, int]:
        with node.snapshot() as session:
            tables = inspect(session.connection()).get_table_names()
            return {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}

    script = coordinator(node)
    listing.risk_list(node, script, top=3, as_of=AS_OF)
    before = contents()
    listing.risk_list(node, script, top=50, as_of=AS_OF)
    assert contents() == before
    assert script.results == []


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"manifest_sha256": "f" * 64}, ReleaseInvalid),
        ({"contributors": ["soria"]}, ReleaseInvalid),
        ({"contributors": ["soria", "nobody"]}, ReleaseInvalid),
        ({"epsilon_spent": 9.0}, ReleaseInvalid),
        ({"columns": ["other"], "weights": [1.0]}, ReleaseInvalid),
        ({"signer": Ed25519Signer.generate()}, SignatureInvalid),
    ],
)
def test_a_model_that_does_not_verify_is_not_used(
    tmp_path: Path, changes: dict[str, object], error: type[Exception]
) -> None:
    net = ExchangeNetwork(tmp_path, FrozenClock(START))
    fresh = net.add("soria")
    fresh.__dict__["test_signer"] = net.coordinator
    signer = changes.pop("signer", None)
    script = coordinator(fresh, signer=signer if isinstance(signer, Ed25519Signer) else None, **changes)
    with pytest.raises(error):
        listing.risk_list(fresh, script, top=3, as_of=AS_OF)
    script.reachable = False
    with pytest.raises(ReleaseMissing):
        listing.risk_list(fresh, script, top=3, as_of=AS_OF)
    fresh.close()


def test_months_are_read() -> None:
    assert listing.parse_month("2019-01") == AS_OF
    assert listing.parse_month("") is None
    for wrong in ("2019", "2019-13", "enero"):
        with pytest.raises(MonthInvalid):
            listing.parse_month(wrong)
