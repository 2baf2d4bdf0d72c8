"""The coordinator's side: a Flower `ServerApp` whose `Strategy` carries the steps of the state machine."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from logging import WARNING

from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MessageType, MetricRecord, RecordDict
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import Strategy
from flwr.supercore import log
from typing_extensions import override

from federated.campaign.steps import read_request, step_name
from federated.coordination.cohort_forming import CampaignSetup
from federated.coordination.progress import Progress
from federated.coordination.state_machine import CampaignStateMachine, start
from federated.coordination.task_store import flower_id
from federated.coordination.transcript import RoundRecord
from federated.errors import TrainingMessageMalformed
from federated.flower.campaign_grid import CampaignGrid
from federated.flower.messages import TrainingRefusal, content_of, reply_of

StepHook = Callable[[Progress, RoundRecord | None], None]


@dataclass(frozen=True, slots=True)
class CampaignRun:
    """The terms of a run.

    Attributes:
        on_step: called after each step with the progress, and with the record of a round that is over. It must store
            both before it returns, so that a restart continues from there.
        step_seconds: longest wait of a step for missing replies.
    """

    terms: CampaignSetup
    on_step: StepHook
    step_seconds: float = 300.0


class CampaignStrategy(Strategy):
    """Sends the requests of the state machine and passes the replies to it. One of Flower's rounds is one step."""

    def __init__(self, run: CampaignRun, state_machine: CampaignStateMachine) -> None:
        self.state_machine = state_machine
        self._run = run
        self._names = {flower_id(entity): entity for entity in run.terms.approved}
        self._asked: dict[str, bytes] = {}
        self._grid: Grid | None = None

    @override
    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Return the step's message for every entity that has a request."""
        del server_round, arrays, config  # a resumed run continues from its progress, not from Flower's round 1
        self._grid, self._asked = grid, self.state_machine.requests()
        ids = {entity: node for node, entity in self._names.items()}
        return [
            grid.create_message(
                content_of(document), MessageType.TRAIN, ids[entity], step_name(read_request(document).document)
            )
            for entity, document in self._asked.items()
        ]

    @override
    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Pass the replies to the state machine, and its progress to `on_step`.

        Raises:
            CohortTooSmall: fewer entities are left than the manifest's minimum.
        """
        del server_round
        if not self._asked:
            return None, None  # done before Flower's count of rounds
        documents = self._documents(replies)
        record = self.state_machine.accept(documents)
        self._run.on_step(self.state_machine.progress, record)
        if isinstance(self._grid, CampaignGrid):
            # Entities that missed one step get the next request, but are not waited for.
            silent = frozenset(self._asked) - frozenset(documents)
            self._grid.absent = (self._grid.absent - frozenset(self._asked)) | silent
        return None, None

    @override
    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Return nothing: the evaluation is a stage of the campaign, inside its budget."""
        del server_round, arrays, config, grid
        return []

    @override
    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        """Return nothing, since no evaluation was requested."""
        del server_round, replies
        return None

    @override
    def summary(self) -> None:
        """Log nothing: the campaign's status holds the same."""

    def _documents(self, replies: Iterable[Message]) -> dict[str, bytes]:
        documents: dict[str, bytes] = {}
        for message in replies:
            entity = self._names.get(message.metadata.src_node_id)
            if entity is None:
                continue
            try:
                reply = reply_of(message)
            except TrainingMessageMalformed as error:
                log(WARNING, "%s: the reply of %s is malformed: %s", self.state_machine.progress.step, entity, error)
                continue
            if isinstance(reply, TrainingRefusal):
                log(WARNING, "%s: %s declined (%s)", self.state_machine.progress.step, entity, reply.code)
            else:
                documents[entity] = reply
        return documents


def build_server_app(run: CampaignRun, strategy: CampaignStrategy) -> ServerApp:
    """Return the app that runs the remaining steps."""
    app = ServerApp()

    @app.main()
    def main(grid: Grid, _context: Context) -> None:
        strategy.start(grid, ArrayRecord(), num_rounds=strategy.state_machine.steps_left, timeout=run.step_seconds)

    return app


def run_campaign(run: CampaignRun, grid: Grid, progress: Progress | None = None) -> Progress:
    """Run a campaign's steps over a grid, from `progress` or from the start, and return the last progress.

    Raises:
        CohortTooSmall: too few entities were left; `on_step` saw every step before it.
    """
    terms = run.terms
    state_machine = CampaignStateMachine(terms, progress or start(terms.manifest, terms.manifest_sha256))
    strategy = CampaignStrategy(run, state_machine)
    context = Context(flower_id(terms.manifest.campaign_id), 1, {}, RecordDict(), {})
    build_server_app(run, strategy)(grid, context)
    return state_machine.progress
