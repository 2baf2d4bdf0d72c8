"""The coordinator's requests of each step, from a campaign's progress: the same content for everybody it is sent to."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from federated.campaign.manifest import CampaignManifest
from federated.campaign.stage_sums import StageSums
from federated.campaign.steps import (
    CohortRequest,
    JoinRequest,
    MaskRequest,
    OpeningRequest,
    StepKind,
    StepRequest,
    TableRequest,
    UnmaskRequest,
    WeightsRequest,
    pack,
)
from federated.coordination.gathered_sum import GatheredSum
from federated.coordination.progress import Progress
from federated.duplicates.keyed_table import TABLE_ROUND
from federated.errors import TrainingMessageMalformed
from federated.privacy.stages import Position, position_of
from federated.secagg.cohort import Cohort, form_cohort
from federated.secagg.keys import open_key_statement
from presentation.messages import _
from trust.signing import Envelope

_UNADDRESSED: Final = "0" * 64
"""Stands in for the chain of the recipient, which the state machine fills in."""


@dataclass(frozen=True, slots=True)
class CampaignSetup:
    """The fixed terms of a running campaign.

    Attributes:
        approved: entities that approved.
        key_of: returns the signing key of an entity from the network's directory.
    """

    manifest: CampaignManifest
    manifest_sha256: str
    approved: tuple[str, ...]
    key_of: Callable[[str], bytes]


class StepRequests:
    """Builds requests, without their recipients' chains."""

    def __init__(self, terms: CampaignSetup, sums: StageSums) -> None:
        self._terms = terms
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
            case StepKind.JOIN:
                return dict.fromkeys(self._terms.approved, JoinRequest(**self._names))
            case StepKind.COHORT:
                return dict.fromkeys(asked, self.shown_cohort(progress))
            case StepKind.TABLE:
                wrapped, request = progress.deliveries, self.table(progress)
                return {
                    entity: request.model_copy(update={"wrapped_key": wrapped[entity]})
                    for entity in asked
                    if entity in wrapped
                }
            case StepKind.WEIGHTS:
                return dict.fromkeys(asked, self.weights(progress))
            case StepKind.MASK:
                return dict.fromkeys(asked, self.mask(progress))
            case _:
                assert gathered is not None, "a sum is gathered before it is opened"
                return self._opening(progress, gathered)

    def shown_cohort(self, progress: Progress) -> CohortRequest:
        """Return the request that shows the cohort."""
        statements = tuple(progress.statements[entity] for entity in sorted(progress.statements))
        return CohortRequest(**self._names, statements=statements)

    def table(self, progress: Progress) -> TableRequest:
        """Return the request for a table, without the recipient's group key."""
        return TableRequest(**self._names, cohort_sha256=self.cohort(progress).sha256.hex(), wrapped_key=b"")

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
        """Return the cohort of the entities whose keys are known."""
        if self._cohort is None:
            keys = {entity: self.statement_key(entity, each) for entity, each in progress.statements.items()}
            self._cohort = form_cohort(self._terms.manifest.campaign_id, self._terms.manifest_sha256, keys)
        return self._cohort

    def statement_key(self, entity: str, statement: bytes) -> bytes:
        """Return the public mask key that an entity signed.

        Raises:
            FederatedError, TrustError: it is not the entity's statement for this campaign.
        """
        opened = open_key_statement(
            Envelope.from_json(statement),
            entity=entity,
            entity_key=self._terms.key_of(entity),
            campaign_id=self._terms.manifest.campaign_id,
            manifest_sha256=self._terms.manifest_sha256,
        )
        return bytes.fromhex(opened.channel_key)

    @property
    def _names(self) -> dict[str, str]:
        return {
            "campaign_id": self._terms.manifest.campaign_id,
            "manifest_sha256": self._terms.manifest_sha256,
            "previous": _UNADDRESSED,
        }

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
