"""What a bundle's verifier needs to know of a campaign, whatever model it trains."""

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
        rounds: how many.
        noise_multiplier: the noise's standard deviation over the L2 sensitivity, in each of its rounds.
        people: whose data it looks at; those trained on and those held out are different people.
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
        purpose: what the model may be used for.
        stages: in the order they run.
        delta: of the claim.
        epsilon: claimed for a person.
        people_cap: in how many entities a person's weights let them count at most.
        colluders: entities whose collusion with the coordinator the noise allows for.
        noise_shares: over how many contributions the noise of a sum is split.
        minimum_cohort: fewest entities in a sum.
        invited: entities that may contribute.
        transcript_sha256: head of the transcript that the release names.
        model: the released model's document, and all else of the release that the rounds' sums give.
        metrics: the released figures.
        issued: when the manifest was signed.
        expires: after which no node uses the model; None when the release sets no date.
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
    """How the documents of a bundle are opened and the model is made again: what differs from model to model."""

    def open(self, manifest: Envelope, release: Envelope, coordinator_key: bytes) -> BundleFacts:
        """Verify both envelopes under the key and that the release belongs to the manifest.

        Raises:
            RedpactError: any of it does not hold.
        """
        ...

    def replay(self, manifest: Envelope, release: Envelope, transcript: Transcript) -> Mapping[str, Any]:
        """Return what `BundleFacts.model` should be, by the sums alone, checking what each round published.

        Of the release only the corrections by hand are taken, and made again.

        Raises:
            RedpactError: the sums do not fit the manifest's model, or a round's parameters are others.
        """
        ...
