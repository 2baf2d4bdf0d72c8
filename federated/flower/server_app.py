"""The coordinator's side: a Flower `ServerApp` with a `Strategy` that adds noised sums and steps the model."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from logging import WARNING

from flwr.app import ArrayRecord, ConfigRecord, Context, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid, ServerApp
from flwr.serverapp.strategy import Strategy
from flwr.supercore import log
from typing_extensions import override

from federated.aggregation import PlainSums, SumProtocol
from federated.errors import CohortTooSmall, MessageMalformed
from federated.flower.messages import TrainingRefusal, read_reply, request_message
from federated.grid_store import flower_id
from federated.manifest import CampaignManifest
from federated.optimizer import advance, lookahead
from federated.rounds import IntVector, RoundRequest, TrainingState, check_contribution

RoundHook = Callable[[TrainingState], None]


@dataclass(frozen=True, slots=True)
class CampaignRun:
    """What a run needs to know.

    Attributes:
        cohort: the entities that approved.
        on_round: called with the state after each completed round; keep it, and a restart goes on from there.
        round_timeout_seconds: how long a round waits for those who do not answer.
    """

    manifest: CampaignManifest
    manifest_sha256: str
    cohort: tuple[str, ...]
    on_round: RoundHook
    round_timeout_seconds: float = 300.0


class NoisySumStrategy(Strategy):
    """Asks the whole cohort in every round, adds what comes back, and steps the model.

    Fewer contributions than the manifest's minimum stop the campaign: the sum is thrown away unseen.
    """

    def __init__(self, run: CampaignRun, state: TrainingState, sums: SumProtocol | None = None) -> None:
        self.state = state
        self._run = run
        self._sums = sums or PlainSums()
        self._names = {flower_id(entity): entity for entity in run.cohort}

    @override
    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Return the round's message for every entity of the cohort."""
        del server_round, arrays, config  # a resumed run goes on counting from its state, not from Flower's 1
        point = lookahead(self.state, self._run.manifest).weights
        request = RoundRequest(
            self._run.manifest.campaign_id, self._run.manifest_sha256, self.state.completed + 1, point
        )
        return [request_message(request, grid, node) for node in grid.get_node_ids() if node in self._names]

    @override
    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """Add the contributions and step the model.

        Raises:
            CohortTooSmall: fewer entities contributed than the manifest's minimum.
        """
        del server_round
        parts = self._contributions(replies)
        if len(parts) < self._run.manifest.minimum_cohort:
            raise CohortTooSmall(
                f"round {self.state.completed + 1}: {len(parts)} entities contributed, "
                f"the minimum is {self._run.manifest.minimum_cohort}",
                remedy="start a new campaign when more entities can take part",
            )
        self.state = advance(self.state, self._run.manifest, self._sums.combine(parts), parts)
        self._run.on_round(self.state)
        return None, None

    @override
    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Return nothing: metrics tell on people too, and entities evaluate for themselves."""
        del server_round, arrays, config, grid
        return []

    @override
    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        """Return nothing, as nothing was asked."""
        del server_round, replies
        return None

    @override
    def summary(self) -> None:
        """Log nothing: the campaign's own status says more."""

    def _contributions(self, replies: Iterable[Message]) -> Mapping[str, IntVector]:
        parts: dict[str, IntVector] = {}
        for message in replies:
            entity = self._names.get(message.metadata.src_node_id)
            if entity is None:
                continue
            try:
                reply = read_reply(message, self._run.manifest)
            except MessageMalformed as error:
                log(WARNING, "round %s: the reply of %s is malformed: %s", self.state.completed + 1, entity, error)
                continue
            if isinstance(reply, TrainingRefusal):
                log(WARNING, "round %s: %s declined (%s)", self.state.completed + 1, entity, reply.code)
            elif reply.round == self.state.completed + 1:
                check_contribution(reply, self._run.manifest)
                parts[entity] = reply.total
        return parts


def build_server_app(run: CampaignRun, strategy: NoisySumStrategy) -> ServerApp:
    """Return the app that runs the rounds that are left."""
    app = ServerApp()

    @app.main()
    def main(grid: Grid, _context: Context) -> None:
        strategy.start(
            grid,
            ArrayRecord(),
            num_rounds=run.manifest.rounds - strategy.state.completed,
            timeout=run.round_timeout_seconds,
        )

    return app


def run_campaign(run: CampaignRun, grid: Grid, state: TrainingState | None = None) -> TrainingState:
    """Run a campaign's rounds over a grid, from `state` or from the start, and return the last state.

    Raises:
        CohortTooSmall: a round had too few contributions; `on_round` saw every round before it.
    """
    strategy = NoisySumStrategy(run, state or TrainingState.start(run.manifest, run.manifest_sha256))
    context = Context(flower_id(run.manifest.campaign_id), 1, {}, RecordDict(), {})
    build_server_app(run, strategy)(grid, context)
    return strategy.state
