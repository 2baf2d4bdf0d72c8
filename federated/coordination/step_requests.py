"""The coordinator's requests of each step, from a campaign's progress: the same content for everybody it is sent to."""

from collections.abc import Collection

from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import (
    MaskRequest,
    OpeningRequest,
    StepKind,
    StepRequest,
    TableRequest,
    UnmaskRequest,
    WeightsRequest,
    pack,
)
from federated.coordination.cohort_forming import FORMING, CampaignSetup, CohortForming
from federated.coordination.gathered_sum import GatheredSum
from federated.coordination.progress import Progress
from federated.duplicates.keyed_table import TABLE_ROUND
from federated.errors import TrainingMessageMalformed
from federated.privacy.stages import Position, position_of
from federated.secagg.cohort import Cohort
from presentation.messages import _


class StepRequests:
    """Builds requests, without their recipients' chains."""

    def __init__(self, terms: CampaignSetup, forming: CohortForming, sums: StageSums) -> None:
        self._terms = terms
        self._forming = forming
        self._sums = sums
        self._cohort: Cohort | None = None

    def due(
        self, step: StepKind, progress: Progress, asked: Collection[str], gathered: GatheredSum | None
    ) -> dict[str, StepRequest]:
        """Return the requests of a step, by entity.

        Args:
            step: the step to ask.
            progress: of the campaign.
            asked: the entities that take part in it; the responders of a sum are found among them.
            gathered: the sum to open, in the steps that open one.
        """
        match step:
            case step if step in FORMING:
                return self._forming.requests(progress)
            case StepKind.TABLE:
                return dict.fromkeys(asked, self.table(progress))
            case StepKind.WEIGHTS:
                return dict.fromkeys(asked, self.weights(progress))
            case StepKind.MASK:
                return dict.fromkeys(asked, self.mask(progress))
            case _:
                assert gathered is not None, "a sum is gathered before it is opened"
                return self._opening(progress, gathered)

    def table(self, progress: Progress) -> TableRequest:
        """Return the request for a table."""
        return TableRequest(**self._names, cohort_sha256=self.cohort(progress).sha256.hex())

    def weights(self, progress: Progress) -> WeightsRequest:
        """Return the request that carries the sum of the tables."""
        return WeightsRequest(**self._names, table=progress.table, counted=progress.counted)

    def mask(self, progress: Progress) -> MaskRequest:
        """Return the request for the masked sums of the present round."""
        parameters, model = self._sums.published(progress.vectors, self.position(progress))
        return MaskRequest(
            **self._names,
            round=progress.round,
            parameters=pack(parameters),
            model=model,
            cohort_sha256=self.cohort(progress).sha256.hex(),
            counted_sha256=progress.counted_sha256,
            transcript=progress.transcript,
        )

    def position(self, progress: Progress) -> Position:
        """Return the position of the present round.

        Raises:
            TrainingMessageMalformed: the campaign has no such round.
        """
        position = position_of(self._terms.manifest.stages, progress.round)
        if position is None:
            raise TrainingMessageMalformed(_("la campaña no tiene la ronda {round}", round=progress.round))
        return position

    def cohort(self, progress: Progress) -> Cohort:
        """Return the cohort, known after REVEAL."""
        if self._cohort is None:
            self._cohort = self._forming.cohort(progress)
        return self._cohort

    @property
    def _names(self) -> dict[str, str]:
        return self._terms.request_names

    def _opening(self, progress: Progress, gathered: GatheredSum) -> dict[str, StepRequest]:
        names = {**self._names, "mask_request_sha256": gathered.context.hex()}
        survivors, responders = progress.survivors, gathered.responders()
        if gathered.number == TABLE_ROUND:
            return {
                entity: OpeningRequest(**names, survivors=survivors, shares=shares)
                for entity, shares in responders.items()
            }
        return {
            entity: UnmaskRequest(**names, round=gathered.number, survivors=survivors, shares=shares)
            for entity, shares in responders.items()
        }
