"""Risk lists: a verified model, this node's people, reasons in words, and nothing kept or sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from federated.errors import ReleaseInvalid
from federated.learning.model_documents import LinearModel
from federated.tabular.features import NumericFeature
from node.context import NodeContext
from node.risk import risk_list as listing
from node.risk import risk_report as report
from node.risk.errors import MonthInvalid
from node.training.errors import ReleaseMissing
from tests.support.risk import AS_OF, context_with_people, coordinator
from trust.errors import SignatureInvalid
from trust.signing import Ed25519Signer


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeContext]:
    made = context_with_people(tmp_path_factory.mktemp("risk"))
    yield made
    made.close()


def test_people_come_ranked_with_reasons_in_words(context: NodeContext) -> None:
    shown = listing.risk_list(context, coordinator(context), top=5, as_of=AS_OF)
    assert 5 == len(shown.entries) < shown.people <= 120
    chances = [entry.probability for entry in shown.entries]
    assert chances == sorted(chances, reverse=True)
    assert shown.entries[0].reasons[0].feature == "benefit_months"
    assert "Meses con renta mínima" in report.list_text(shown, "es")
    assert "Months on minimum income" in report.list_text(shown, "en")
    assert report.list_document(shown)["purpose"] == "support_only"


def test_every_list_says_first_what_it_is_for_and_until_when(context: NodeContext) -> None:
    shown = listing.risk_list(context, coordinator(context), top=1, as_of=AS_OF)
    assert report.list_text(shown, "es").startswith("Apoyo, nunca sanción")
    assert report.list_text(shown, "en").startswith("Support, never sanction")
    assert "caduca el 2 mar 2027" in report.list_text(shown, "es")
    assert report.list_document(shown)["expires"].startswith("2027-03-02")


def test_a_probability_comes_with_its_interval(context: NodeContext) -> None:
    shown = listing.risk_list(context, coordinator(context), top=50, as_of=AS_OF)
    assert shown.calibrated
    for entry in shown.entries:
        assert entry.interval is not None
        assert 0 <= entry.interval.low <= entry.probability <= entry.interval.high <= 1
    assert "intervalo del 90 %" in report.list_text(shown, "es")


def test_with_the_coordinator_down_the_kept_model_serves(context: NodeContext) -> None:
    script = coordinator(context)
    first = listing.risk_list(context, script, top=3, as_of=AS_OF)
    script.reachable = False
    assert listing.risk_list(context, script, top=3, as_of=AS_OF).entries == first.entries


def test_scores_are_stored_nowhere(context: NodeContext) -> None:
    def contents() -> dict[str, int]:
        with context.snapshot() as session:
            tables = inspect(session.connection()).get_table_names()
            return {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}

    script = coordinator(context)
    listing.risk_list(context, script, top=3, as_of=AS_OF)
    before = contents()
    listing.risk_list(context, script, top=50, as_of=AS_OF)
    assert contents() == before
    assert script.results == []


OTHER_MODEL = LinearModel(
    features=(NumericFeature(name="other", min=0, max=1),), weights=(1.0,), intercept=0.0, reference=(0.0,)
)


@pytest.mark.invariant(6)
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"manifest_sha256": "f" * 64}, ReleaseInvalid),
        ({"contributors": ["soria"]}, ReleaseInvalid),
        ({"contributors": ["soria", "nobody"]}, ReleaseInvalid),
        ({"epsilon_spent": 9.0}, ReleaseInvalid),
        ({"model": OTHER_MODEL}, ReleaseInvalid),
        ({"signer": Ed25519Signer.generate()}, SignatureInvalid),
    ],
)
def test_a_model_that_does_not_verify_is_not_used(
    tmp_path: Path, changes: dict[str, object], error: type[Exception]
) -> None:
    fresh = context_with_people(tmp_path, people=0)
    signer = changes.pop("signer", None)
    trusted = signer if isinstance(signer, Ed25519Signer) else None
    script = coordinator(fresh, signer=trusted, kept=False, **changes)
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
