"""The requests of every step of a campaign, as a coordinator that keeps to the node's chain asks them."""

from collections.abc import Iterator

from federated.campaign.manifest import manifest_sha256
from federated.campaign.steps import (
    OpeningRequest,
    ReceivedDocument,
    StepRequest,
    TableRequest,
    UnmaskRequest,
    WeightsRequest,
)
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN, ENTITY, AskedGuard
from trust.signing import Envelope


def names(envelope: Envelope) -> dict[str, str]:
    return {"campaign_id": CAMPAIGN, "manifest_sha256": manifest_sha256(envelope)}


def unmask(
    guard: AskedGuard,
    envelope: Envelope,
    asked: ReceivedDocument[StepRequest],
    survivors: tuple[str, ...] = (ENTITY, "leon", "avila"),
    *,
    round_number: int = 1,
) -> ReceivedDocument[StepRequest]:
    content = UnmaskRequest(
        **names(envelope),
        previous=guard.previous(envelope, f"unmask-{round_number}"),
        round=round_number,
        mask_request_sha256=asked.document.shared_sha256,
        survivors=survivors,
        shares={},
    )
    return campaigns.asked(content)


def every_step(guard: AskedGuard, envelope: Envelope) -> Iterator[ReceivedDocument[StepRequest]]:
    """Yield one request of each kind, each on the chain of those answered before."""
    named = names(envelope)

    def at(step: str) -> dict[str, str]:
        return {**named, "previous": guard.previous(envelope, step)}

    yield from guard.forming(envelope)
    table = TableRequest(**at("table"), cohort_sha256="0" * 64)
    yield campaigns.asked(table)
    opening = {"mask_request_sha256": table.shared_sha256, "survivors": (ENTITY,), "shares": {}}
    yield campaigns.asked(OpeningRequest(**at("opening"), **opening))
    weights = WeightsRequest(**at("weights"), table=b"x", counted=(ENTITY,))
    yield campaigns.asked(weights)
    asked = guard.request(envelope, counted_sha256=weights.shared_sha256)
    yield asked
    yield unmask(guard, envelope, asked)
