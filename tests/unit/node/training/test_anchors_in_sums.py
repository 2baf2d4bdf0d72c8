"""The anchors that the officer pinned are in every sum, by a directory that they cosigned; else nothing leaves."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.proofs.cosignature import CosignatureSigner
from federated.campaign.steps import (
    AgreeRequest,
    CohortRequest,
    ReceivedDocument,
    StepKind,
    StepRequest,
    UnmaskRequest,
    encode_document,
)
from federated.errors import RequiredEntityMissing
from node.training import anchors_in_sums
from node.training.anchors_in_sums import (
    check_training_anchors,
    required_anchors,
    training_anchors_lines,
    training_anchors_state,
)
from node.training.campaign_decisions import approve
from presentation.messages import in_language
from service.findings import Level
from tests.support.campaigns import CAMPAIGN
from tests.support.directory_log import pin
from tests.support.parts import NETWORK, keys_of
from tests.support.stage import ENTITY, Stage, demo_manifest, make_stage
from trust.parties import EntityKind, WitnessAddress, witness_name

ANCHOR = "leon"
MISSING = "required_entity_missing"
INVITED = (ENTITY, "leon", "avila", "zamora")


def witness_of(entity: str) -> WitnessAddress:
    vkey = CosignatureSigner(witness_name(NETWORK, entity), keys_of(entity).witness).vkey
    return WitnessAddress(vkey=vkey, url=f"https://{entity}.example/w")


@pytest.fixture
def anchored(tmp_path: Path) -> Iterator[Stage]:
    """A node whose officer pinned one anchor and asks for it; the directory is cosigned by it."""
    made = make_stage(tmp_path)
    made.context.settings = made.context.settings.model_copy(update={"training_anchors": 1})
    made.directory.log.anchors[ANCHOR] = keys_of(ANCHOR).witness
    made.directory.add("zamora", EntityKind.AGENT)
    made.others["zamora"] = keys_of("zamora")
    pin(made.context, {ANCHOR: keys_of(ANCHOR).witness}, 1)
    made.directory.change(ANCHOR, witness=witness_of(ANCHOR))
    yield made
    made.context.close()


def refused(scene: Stage, document: StepRequest) -> str:
    return scene.refused(scene.coordinator.ask(ReceivedDocument(document, encode_document(document))))


@pytest.mark.invariant(6)
def test_with_the_anchor_in_it_a_campaign_goes_to_its_end(anchored: Stage) -> None:
    play = anchored.play(anchored.approved(invited=INVITED)).finish()
    assert (play.state_machine.progress.completed, play.state_machine.progress.lost) == (4, 0)


@pytest.mark.invariant(6)
def test_a_campaign_that_does_not_invite_the_anchor_is_not_approved_and_nothing_is_reserved(anchored: Stage) -> None:
    anchored.coordinator.offer(demo_manifest(invited=(ENTITY, "avila", "zamora")))
    with pytest.raises(RequiredEntityMissing, match=ANCHOR):
        approve(anchored.context, anchored.coordinator, CAMPAIGN)
    assert anchored.ledger_types() == []


@pytest.mark.invariant(6)
def test_a_node_that_pinned_nobody_approves_no_campaign_until_its_officer_says_so(scene: Stage) -> None:
    scene.context.settings = scene.context.settings.model_copy(update={"training_anchors": 1})
    scene.coordinator.offer(demo_manifest())
    with pytest.raises(RequiredEntityMissing) as refused:
        approve(scene.context, scene.coordinator, CAMPAIGN)
    assert "redpact-node anchors pin" in in_language(refused.value.remedy, "es")
    found = check_training_anchors(scene.context)
    assert (found.level, found.remedy) == (Level.WARNING, refused.value.remedy), "doctor says so beforehand"
    told = "\n".join(training_anchors_lines(training_anchors_state(scene.context), "en"))
    assert "approves no training campaigns" in told
    assert "redpact-node anchors pin" in told


def test_a_node_with_enough_anchors_or_without_training_is_not_warned(
    anchored: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert check_training_anchors(anchored.context).level is Level.OK
    assert training_anchors_lines(training_anchors_state(anchored.context), "es") == ()
    anchored.context.settings = anchored.context.settings.model_copy(update={"training_anchors": 2})
    assert check_training_anchors(anchored.context).level is Level.WARNING
    monkeypatch.setattr(anchors_in_sums, "missing_training_libraries", lambda: ("torch",))
    assert check_training_anchors(anchored.context).level is Level.OK


def test_an_anchor_that_is_pinned_and_does_not_count_is_not_to_be_pinned_once_more(anchored: Stage) -> None:
    pin(anchored.context, {ANCHOR: keys_of("zamora").witness}, 1)
    remedy = in_language(check_training_anchors(anchored.context).remedy, "en")
    assert "anchors are pinned that do not count" in remedy
    assert "redpact-node anchors show" in remedy


@pytest.mark.invariant(6)
@pytest.mark.parametrize("kind", [StepKind.REVEAL, StepKind.COHORT])
def test_a_cohort_of_the_coordinators_own_entities_gets_neither_key_nor_agreement(
    anchored: Stage, kind: StepKind
) -> None:
    play = anchored.play(anchored.approved(invited=INVITED)).until(StepKind.REVEAL)
    if kind is StepKind.REVEAL:
        del play.state_machine.progress.commitments[ANCHOR]  # type: ignore[attr-defined] # a dict underneath
    else:
        play.step()
        del play.state_machine.progress.statements[ANCHOR]  # type: ignore[attr-defined] # a dict underneath
    assert anchored.refused(anchored.coordinator.ask(play.asked())) == MISSING


@pytest.mark.invariant(6)
def test_no_sum_is_unmasked_without_the_anchor(anchored: Stage) -> None:
    play = anchored.play(anchored.approved(invited=INVITED)).until(StepKind.UNMASK)
    request = play.asked().document
    assert isinstance(request, UnmaskRequest)
    without = tuple(name for name in request.survivors if name != ANCHOR)
    shares = {name: share for name, share in request.shares.items() if name != ANCHOR}
    assert refused(anchored, request.model_copy(update={"survivors": without, "shares": shares})) == MISSING
    assert refused(anchored, request) == "not_open"


@pytest.mark.invariant(13)
def test_an_anchor_whose_witness_key_in_the_directory_is_not_the_pinned_one_does_not_count(anchored: Stage) -> None:
    anchored.directory.log.anchors["avila"] = keys_of("avila").witness
    anchored.directory.publish()
    pin(anchored.context, {ANCHOR: keys_of("zamora").witness, "avila": keys_of("avila").witness}, 1)
    with anchored.context.snapshot() as session:
        assert "avila" in anchored.context.directory.vouching()
        assert required_anchors(anchored.context, session).entities == frozenset()  # avila is listed without one
    assert anchored.refused(anchored.coordinator.ask(_revealing(anchored))) == MISSING


@pytest.mark.invariant(13)
def test_in_a_directory_that_no_anchor_cosigned_no_anchor_counts(anchored: Stage) -> None:
    pin(anchored.context, {ANCHOR: keys_of(ANCHOR).witness, "avila": keys_of("avila").witness}, 2)
    with anchored.context.snapshot() as session:
        assert required_anchors(anchored.context, session).entities == frozenset()


def _revealing(scene: Stage) -> ReceivedDocument[StepRequest]:
    """Return the request to reveal a key in a campaign that was approved when no anchor was asked for."""
    asked = scene.context.settings
    scene.context.settings = asked.model_copy(update={"training_anchors": 0})
    play = scene.play(scene.approved(invited=INVITED)).until(StepKind.REVEAL)
    scene.context.settings = asked
    return play.asked()


@pytest.mark.invariant(13)
@pytest.mark.parametrize("forged", [False, True])
def test_statements_under_keys_that_are_not_the_directorys_make_no_cohort_and_nothing_is_masked(
    scene: Stage, forged: bool
) -> None:
    """The coordinator answers in the names of others, with keys of its own."""
    play = scene.play(scene.approved()).until(StepKind.COHORT)
    request = play.asked().document
    assert isinstance(request, CohortRequest)
    play.step()
    agreeing = play.asked().document
    assert isinstance(agreeing, AgreeRequest)
    added = (scene.coordinator.signer.sign(b"x").hex().encode(),) if forged else ()
    other = agreeing.model_copy(update={"agreements": (*agreeing.agreements[:-1], *added)})
    assert refused(scene, other) == "training_message_malformed"
    scene.cohorts[play.digest] = play.state_machine.cohort.sha256.hex()
    assert scene.refused(scene.ask(scene.coordinator.listed[0].manifest)) == "not_open"
    assert scene.spent() == 0
