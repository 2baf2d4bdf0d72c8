"""A restored copy of a node refunds no budget: the witnesses know the entries of what it spent."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from consent_ledger.proofs.checkpoint import read_checkpoint
from federated.campaign.steps import StepKind
from federated.errors import BudgetDamaged
from federated.storage.tables import SpendRow, UnmaskingRow
from node.context import NodeContext
from node.ledger.own import own_ledger
from node.ledger.witnessing.errors import LedgerContradicted, LedgerUnwitnessed
from node.ledger.witnessing.rounds import Round, WitnessResult
from node.training import ledger_freshness
from node.training.campaign_decisions import approve
from node.training.errors import TrainingError
from node.training.ledger_freshness import ASK_AGAIN, LedgerFreshness
from node.training.officer_account import training_account
from node.training.officer_account_report import account_text
from node.training.pending_work import open_campaigns
from tests.support.campaigns import CAMPAIGN
from tests.support.stage import Stage, demo_manifest
from tests.support.training import budget_of


class Witnesses:
    """Witnesses that remember the largest ledger they cosigned, as those of a network do; counted when asked."""

    def __init__(self) -> None:
        self.size = 0
        self.asked = 0
        self.silent = False

    def __call__(self, context: NodeContext) -> Round:
        self.asked += 1
        with context.snapshot() as session:
            note = own_ledger(context, session).checkpoint()
        size = read_checkpoint(note).size
        if self.silent:
            return Round(size, note, quorum=False, outcomes=())
        if size < self.size:
            refused = WitnessResult(None, error=LedgerContradicted("it knows more"))  # type: ignore[arg-type]
            return Round(size, note, quorum=True, outcomes=(refused,))
        self.size = size
        return Round(size, note, quorum=True, outcomes=())


@pytest.fixture
def witnesses(monkeypatch: pytest.MonkeyPatch) -> Witnesses:
    """Let every check of a node ask these witnesses."""
    found = Witnesses()
    monkeypatch.setattr(ledger_freshness, "run_round", found)
    return found


def witnessed(scene: Stage) -> Stage:
    """Make the node train under witnesses only, as nodes do."""
    scene.restart(unwitnessed_training=False)
    return scene


def copy_of(scene: Stage, folder: Path) -> Path:
    """Copy the node's database, as a backup does."""
    path = Path(str(scene.context.engine.url.database))
    scene.context.engine.dispose()
    return Path(shutil.copy(path, folder / "backup.sqlite"))


def restore(scene: Stage, backup: Path) -> None:
    path = Path(str(scene.context.engine.url.database))
    scene.context.engine.dispose()
    for beside in path.parent.glob(f"{path.name}-*"):
        beside.unlink()
    shutil.copy(backup, path)
    scene.restart()


@pytest.mark.invariant(11)
@pytest.mark.usefixtures("witnesses")
def test_a_restored_copy_neither_answers_a_round_again_nor_approves(scene: Stage, tmp_path: Path) -> None:
    play = witnessed(scene).play(scene.approved()).until(StepKind.MASK)
    backup, asked = copy_of(scene, tmp_path), play.asked()
    sent = scene.worker.answer(scene.coordinator.ask(asked))
    spent = budget_of(scene.context).spent
    assert sent
    assert spent > 0.0

    restore(scene, backup)

    assert budget_of(scene.context).spent == 0.0, "the copy has forgotten the round"
    assert scene.refused(scene.coordinator.ask(asked)) == "ledger_contradicted"
    scene.coordinator.offer(demo_manifest(campaign_id="cd" * 16))
    with pytest.raises(LedgerContradicted):
        approve(scene.context, scene.coordinator, "cd" * 16)


@pytest.mark.invariant(11)
def test_an_old_copy_stays_closed_and_charged_when_its_ledger_is_whole_again(
    scene: Stage, witnesses: Witnesses, tmp_path: Path
) -> None:
    play = witnessed(scene).play(scene.approved()).until(StepKind.MASK)
    backup, asked = copy_of(scene, tmp_path), play.asked()
    scene.worker.answer(scene.coordinator.ask(asked))
    restore(scene, backup)
    scene.refused(scene.coordinator.ask(asked))
    witnesses.size = 0  # as if the ledger had its missing entries back

    assert open_campaigns(scene.context) == ()
    assert scene.refused(scene.coordinator.ask(asked)) == "not_open"
    budget = budget_of(scene.context)
    assert budget.spent == pytest.approx(2.0, abs=0.01)
    assert budget.committed == budget.spent
    lines = account_text(training_account(scene.context), "en")
    assert "turned out to be an old copy" in lines


@pytest.mark.invariant(11)
def test_what_an_old_copy_closed_before_its_witnesses_told_it_so_is_charged_too(
    scene: Stage, witnesses: Witnesses, tmp_path: Path
) -> None:
    """The campaign is over at the coordinator, so that the copy would free all that it has forgotten."""
    play = witnessed(scene).play(scene.approved()).until(StepKind.MASK)
    backup = copy_of(scene, tmp_path)
    scene.worker.answer(scene.coordinator.ask(play.asked()))
    restore(scene, backup)
    scene.clock.advance(seconds=timedelta(days=30).total_seconds())
    scene.worker.close_ended()
    assert budget_of(scene.context).committed == 0.0
    with pytest.raises(LedgerContradicted):
        LedgerFreshness(scene.context).require()
    assert budget_of(scene.context).spent == pytest.approx(2.0, abs=0.01)
    assert witnesses.asked > 0


@pytest.mark.invariant(11)
def test_an_answer_leaves_only_when_its_entry_is_cosigned(scene: Stage, witnesses: Witnesses) -> None:
    play = witnessed(scene).play(scene.approved()).until(StepKind.MASK)
    scene.worker.answer(scene.coordinator.ask(play.asked()))
    with scene.context.snapshot() as session:
        assert witnesses.size == own_ledger(scene.context, session).size()
    play.until(StepKind.MASK, 2)
    witnesses.silent = True
    with pytest.raises(LedgerUnwitnessed):
        scene.worker.answer(scene.coordinator.ask(play.asked()))
    assert (scene.closed(), open_campaigns(scene.context)) == (None, (CAMPAIGN,)), "silence is no refusal"
    witnesses.silent = False
    assert scene.worker.answer(scene.coordinator.ask(play.asked())), "the stored answer leaves once it is cosigned"


@pytest.mark.invariant(11)
def test_a_node_that_can_ask_no_witness_does_not_train(scene: Stage) -> None:
    scene.coordinator.offer(demo_manifest())
    with pytest.raises(LedgerUnwitnessed, match="no witnesses"):
        approve(witnessed(scene).context, scene.coordinator, CAMPAIGN)
    assert scene.coordinator.decisions == []


def test_a_refusal_needs_no_witness_and_silence_is_no_refusal(scene: Stage, witnesses: Witnesses) -> None:
    assert not issubclass(LedgerUnwitnessed, TrainingError), "a refusal would close the campaign here"
    witnesses.silent = True
    scene.coordinator.offer(demo_manifest())
    with pytest.raises(LedgerUnwitnessed):
        approve(witnessed(scene).context, scene.coordinator, CAMPAIGN)
    assert scene.coordinator.decisions == []


def test_witnesses_are_asked_again_when_the_ledger_grew_or_after_a_while(scene: Stage, witnesses: Witnesses) -> None:
    freshness = LedgerFreshness(witnessed(scene).context)
    freshness.require()
    freshness.require()
    assert witnesses.asked == 1
    scene.clock.advance(seconds=ASK_AGAIN.total_seconds())
    freshness.require()
    assert witnesses.asked == 2
    scene.coordinator.offer(demo_manifest())
    approve(scene.context, scene.coordinator, CAMPAIGN)
    asked = witnesses.asked
    freshness.require()
    assert witnesses.asked == asked + 1


@pytest.mark.invariant(11)
def test_a_budget_that_forgot_what_the_ledger_tells_promises_nothing_more(scene: Stage) -> None:
    """Only the tables of the budget are an old copy: its chains are whole, and the ledger is the newest."""
    scene.play(scene.approved()).until(StepKind.MASK, 2)
    with scene.context.transaction() as session:
        session.execute(delete(UnmaskingRow))
        session.execute(delete(SpendRow))
    scene.coordinator.offer(demo_manifest(campaign_id="cd" * 16))
    with pytest.raises(BudgetDamaged, match="is not in the budget"):
        approve(scene.context, scene.coordinator, "cd" * 16)
