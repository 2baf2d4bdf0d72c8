"""Campaigns over real mutual TLS: a coordinator that listens, and nodes that call it, as in production."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from coordinator.training.bundle_export import export_release
from coordinator.training.campaign_queries import get_campaign, verified_release
from coordinator.training.campaign_states import CampaignState, StopReason
from coordinator.training.proposal import Proposal
from coordinator.training.proposal_command import Source, propose
from federated.bundle.campaign_reader import ReleaseReader
from federated.bundle.verification import verify_bundle
from federated.campaign.manifest import DataSource
from federated.storage.tables import EnrolmentSecretRow
from node.ledger.own import own_ledger
from node.training.budgets import statement
from node.training.campaign_closures import closures
from node.training.campaign_decisions import approve, list_campaigns, refuse
from node.training.local_evaluation import evaluate
from node.training.pending_work import open_campaigns
from node.training.received_releases import fetch_release
from node.wiring import Node
from service.errors import PeerRefused
from tests.support.network import Network
from tests.support.running_campaigns import ENTITIES, approve_all, ended, propose_campaign, serving, until
from tests.support.training import DATASET, SCHEMA, budget_of, register_demo
from tests.support.waiting import eventually


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with serving(tmp_path, round_seconds=60) as made:
        yield made


def ledger_types(node: Node) -> Counter[str]:
    with node.context.snapshot() as session:
        ledger = own_ledger(node.context, session)
        return Counter(json.loads(ledger.leaf(index))["type"] for index in range(ledger.size()))


def test_who_approves_contributes_who_refuses_does_not_and_the_model_is_verified_and_judged(net: Network) -> None:
    campaign = propose_campaign(net)
    for entity in ("avila", "leon", "zamora"):
        approve(net.nodes[entity].context, net.nodes[entity].training_client(), campaign.campaign_id)
    soria = net.nodes["soria"]
    refuse(soria.context, soria.training_client(), campaign.campaign_id, reason="no aplica")

    done = until(net, campaign, ended)

    assert done.state is CampaignState.RELEASED
    release = verified_release(net.coordinator.context, done)
    assert release.contributors == ("avila", "leon", "zamora")
    assert release.epsilon_spent <= 4.0
    assert ledger_types(net.nodes["leon"]) == {"training_approved": 1, "training_contributed": done.rounds_completed}
    assert ledger_types(soria) == {"training_refused": 1}
    assert statement(soria.context) is None
    assert evaluate(net.nodes["leon"].context, net.nodes["leon"].training_client(), campaign.campaign_id).auc > 0.6
    assert fetch_release(soria.context, soria.training_client(), campaign.campaign_id).release == release
    assert [view.decision for view in list_campaigns(soria.context, soria.training_client())] == ["refused"]
    assert (
        export_release(net.coordinator.context, net.coordinator.training, campaign.campaign_id, net.root / "out")
        == release
    )
    checked = verify_bundle(
        net.root / "out",
        ReleaseReader(),
        coordinator_key=net.coordinator.context.keys.signing.public_key,
        now=net.clock.now(),
    )
    assert [check.number for check in checked.checks if check.findings] == []


@pytest.mark.invariant(6)
def test_a_coordinator_restarted_in_the_middle_goes_on_and_nobody_pays_twice(net: Network) -> None:
    campaign = propose_campaign(net)
    approve_all(net, campaign)
    until(net, campaign, lambda found: found.rounds_completed >= 3)

    net.stop_coordinator()
    between = get_campaign(net.coordinator.context, net.coordinator.training, campaign.campaign_id)
    assert between.state is CampaignState.RUNNING
    assert 3 <= between.rounds_completed < campaign.manifest.rounds
    net.start()

    done = until(net, campaign, ended)
    assert done.state is CampaignState.RELEASED
    assert done.rounds_completed == campaign.manifest.rounds
    assert verified_release(net.coordinator.context, done).rounds_lost == 0
    for node in net.nodes.values():
        budget = budget_of(node.context)
        assert budget.spent <= 4.0
        assert [len(each.spent) for each in budget.reservations] == [campaign.manifest.rounds]
        assert ledger_types(node)["training_contributed"] == campaign.manifest.rounds


@pytest.mark.invariant(6)
def test_a_node_restarted_in_the_middle_answers_again_with_the_same_bytes(net: Network) -> None:
    campaign = propose_campaign(net, minimum=4)
    approve_all(net, campaign)
    until(net, campaign, lambda found: found.rounds_completed >= 2)
    net.services[0].stop()
    node = net.nodes["avila"]
    time.sleep(0.5)
    net.serve("avila")
    done = until(net, campaign, ended)
    assert done.state is CampaignState.RELEASED
    budget = budget_of(node.context)
    assert [len(each.spent) for each in budget.reservations] == [campaign.manifest.rounds]


@pytest.mark.parametrize("model", ["additive", "neural"])
def test_the_other_models_go_the_same_way(net: Network, model: str) -> None:
    campaign = propose_campaign(net, model=model)
    approve_all(net, campaign)
    done = until(net, campaign, ended)
    release = verified_release(net.coordinator.context, done)
    assert (release.model.kind, release.rounds_completed) == (model, campaign.manifest.rounds)
    node = net.nodes["leon"]
    assert fetch_release(node.context, node.training_client(), campaign.campaign_id).release == release


def test_a_campaign_short_of_its_cohort_stops_at_the_deadline(net: Network) -> None:
    campaign = propose_campaign(net, decide_within=timedelta(seconds=2))
    node = net.nodes["leon"]
    approve(node.context, node.training_client(), campaign.campaign_id)
    done = until(net, campaign, ended)
    assert (done.state, done.stop_reason) == (CampaignState.STOPPED, StopReason.SHORT_OF_COHORT)
    with pytest.raises(PeerRefused):
        fetch_release(node.context, node.training_client(), campaign.campaign_id)


def test_a_campaign_that_loses_its_cohort_stops_and_says_so(tmp_path: Path) -> None:
    with serving(tmp_path, round_seconds=3) as net:
        net.services[2].stop()
        campaign = propose_campaign(net, minimum=4)
        approve_all(net, campaign)
        done = until(net, campaign, ended)
    assert (done.state, done.stop_reason) == (CampaignState.STOPPED, StopReason.COHORT_LOST)
    assert done.release is None


@pytest.mark.invariant(6)
def test_a_campaign_that_loses_its_cohort_midway_ends_everywhere_and_costs_what_left(tmp_path: Path) -> None:
    """More entities fall silent than the campaign bears, after some rounds; one of them comes back afterwards."""
    with serving(tmp_path, round_seconds=20) as net:
        campaign = propose_campaign(net, minimum=4)
        approve_all(net, campaign)
        until(net, campaign, lambda found: found.rounds_completed >= 2)
        net.services[0].stop()
        done = until(net, campaign, ended)
        assert (done.state, done.stop_reason, done.release) == (CampaignState.STOPPED, StopReason.COHORT_LOST, None)
        net.serve("avila")
        assert eventually(lambda: not any(open_campaigns(node.context) for node in net.nodes.values())), (
            "all hear of it"
        )
        for node in net.nodes.values():
            budget = budget_of(node.context)
            (reservation,) = budget.reservations
            assert 2 <= len(reservation.spent) < campaign.manifest.rounds
            assert budget.committed == budget.spent < 4.0
            with node.context.snapshot() as session:
                assert closures(session) == {}, "nobody did wrong"
                assert session.scalars(select(EnrolmentSecretRow)).all() == []


@pytest.mark.invariant(6)
def test_an_entity_that_comes_late_takes_part_in_the_next_campaign_on_the_same_data(net: Network) -> None:
    first = propose_campaign(net)
    late = net.join("burgos")
    register_demo(late.context, net.root)
    net.serve("burgos")
    for entity in ENTITIES:
        approve(net.nodes[entity].context, net.nodes[entity].training_client(), first.campaign_id)
    assert verified_release(net.coordinator.context, until(net, first, ended)).contributors == ENTITIES
    assert late.training_client().campaigns() == (), "it was not invited to what was under way"

    second = propose_campaign(net)
    approve_all(net, second)
    release = verified_release(net.coordinator.context, until(net, second, ended))

    assert release.contributors == ("avila", "burgos", "leon", "soria", "zamora")
    assert [len(budget_of(net.nodes[entity].context).reservations) for entity in ("burgos", "leon")] == [1, 2]
    assert 4.0 < budget_of(net.nodes["leon"].context).spent < 8.0
    for entity in ("burgos", "leon"):
        node = net.nodes[entity]
        assert fetch_release(node.context, node.training_client(), second.campaign_id).release == release


def test_a_suspended_entity_can_neither_look_nor_decide(net: Network) -> None:
    campaign = propose_campaign(net)
    with net.coordinator.context.transaction() as session:
        net.coordinator.registry(session).suspend("leon", reason="prueba", now=net.clock.now())
    client = net.nodes["leon"].training_client()
    for call in (client.campaigns, lambda: client.pull(0), lambda: client.release(campaign.campaign_id)):
        with pytest.raises(PeerRefused) as refused:
            call()
        assert refused.value.peer_code == "party_suspended"


def test_an_entity_sees_only_the_campaigns_it_is_invited_to(net: Network) -> None:
    schema = net.root / "campaign.yaml"
    schema.write_text(SCHEMA)
    invited = ("avila", "soria", "zamora")
    proposal = Proposal("Prueba", 4.0, 1e-5, 3, timedelta(minutes=5), timedelta(hours=1), invited=invited)
    coordinator, requested = net.coordinator, (proposal, Source(DataSource.TABLE, schema, DATASET))
    propose(coordinator.context, coordinator.registry, coordinator.training, requested)
    assert len(net.nodes["avila"].training_client().campaigns()) == 1
    assert net.nodes["leon"].training_client().campaigns() == ()
