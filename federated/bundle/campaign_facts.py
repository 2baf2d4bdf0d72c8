"""The facts of a campaign that a bundle's verifier needs, independent of the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from federated.coordination.transcript import Transcript
from trust.signing import Envelope

SUPPORT_ONLY = "support_only"


@dataclass(frozen=True, slots=True)
class StageTerms:
    """A stage of a campaign.

    Attributes:
        name: as the transcript has it.
        rounds: number of rounds.
        noise_multiplier: the noise's standard deviation over the L2 sensitivity, in each of its rounds.
        people: those trained on, or those held out; no person is both.
    """

    name: str
    rounds: int
    noise_multiplier: float
    people: Literal["trained", "held_out"] = "trained"


@dataclass(frozen=True, slots=True)
class BundleFacts:
    """The terms and claims of a verified manifest and of the verified release that belongs to it.

    Attributes:
        campaign_id: of both.
        manifest_sha256: of the manifest's exact signed bytes.
        purpose: the permitted use of the model.
        stages: in the order they run.
        delta: of the claim.
        epsilon: claimed for a person.
        people_cap: most entities over which a person's weights add up to one.
        colluders: entities whose collusion with the coordinator the noise allows for.
        noise_shares: number of contributions over which the noise of a sum is split.
        minimum_cohort: fewest entities in a sum.
        invited: entities that may contribute.
        transcript_sha256: head of the transcript that the release names.
        model: the parts of the release that follow from the rounds' sums, the model's document among them.
        metrics: the released figures.
        issued: time at which the manifest was signed.
        expires: end of the model's use; None when the release sets no date.
    """

    campaign_id: str
    manifest_sha256: str
    purpose: str
    stages: tuple[StageTerms, ...]
    delta: float
    epsilon: float
    people_cap: int
    colluders: int
    noise_shares: int
    minimum_cohort: int
    invited: tuple[str, ...]
    transcript_sha256: str
    model: Mapping[str, Any]
    metrics: Mapping[str, Any]
    issued: datetime
    expires: datetime | None


class CampaignReader(Protocol):
    """Opens the documents of a bundle and recomputes the model; implementations differ by model."""

    def open(self, manifest: Envelope, release: Envelope, coordinator_key: bytes) -> BundleFacts:
        """Verify both envelopes under the key and that the release belongs to the manifest.

        Raises:
            RedpactError: any of it does not hold.
        """
        ...

    def replay(self, manifest: Envelope, release: Envelope, transcript: Transcript) -> Mapping[str, Any]:
        """Recompute `BundleFacts.model` from the sums alone and check the parameters that each round published.

        Of the release only the corrections by hand are used, and applied again.

        Raises:
            RedpactError: the sums do not fit the manifest's model, or a round's parameters differ.
        """
        ...
