"""The order of a campaign's steps at a node: each answered once, after those before it, on one hash chain.

Before a step is computed, in order:

- (1) a step that was answered before gets the stored reply, if the request has the same bytes; any other content is
  refused;
- (2) the request names the chain of all that this entity was asked and answered in this campaign (`chained_step`);
- (3) it comes after the last answered step, and the step that it builds on was answered: no table without a cohort, no
  sum without the weights, no unmasking without the masked sum;
- (4) it names that step by its hash: what is opened is the sum that was asked, over the people who were counted.

A coordinator that was restored from a copy, or that tells entities of different courses, fails (2).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from federated.campaign.manifest import CampaignManifest
from federated.campaign.steps import (
    MaskRequest,
    OpeningRequest,
    ReceivedDocument,
    StepKind,
    StepRequest,
    UnmaskRequest,
    chained_step,
    step_name,
)
from federated.errors import RoundRefused
from presentation.messages import _

_ROUNDS: Final = (StepKind.MASK, StepKind.UNMASK)
_COUNTING: Final = (StepKind.TABLE, StepKind.OPENING, StepKind.WEIGHTS)
_OPTIONAL: Final = StepKind.OPENING  # asked of the committee only
_REMEDY: Final = _("avise a quien administra el coordinador y a las demás entidades")


@dataclass(frozen=True, slots=True)
class AnsweredStep:
    """A step that this entity answered.

    Attributes:
        step: its name (`federated.campaign.steps.step_name`).
        request_sha256: hash of the request's exact bytes.
        shared_sha256: hash of what all entities were asked alike.
        chain: the campaign's chain after it.
        reply: the bytes of the reply; None where the epsilon ledger keeps them (MASK and UNMASK).
    """

    step: str
    request_sha256: str
    shared_sha256: str
    chain: str
    reply: bytes | None


class StepStore(Protocol):
    """Storage of answered steps. Every method works inside the caller's transaction."""

    def find(self, campaign_id: str, step: str) -> AnsweredStep | None:
        """Return an answered step of a campaign, or None."""
        ...

    def last(self, campaign_id: str) -> AnsweredStep | None:
        """Return the step of a campaign that was answered last, or None."""
        ...

    def put(self, campaign_id: str, answered: AnsweredStep, now: datetime) -> None:
        """Store a newly answered step as the last of its campaign."""
        ...


class StepOrder:
    """The rules above for one campaign over a `StepStore`."""

    def __init__(self, store: StepStore, manifest: CampaignManifest) -> None:
        self._store = store
        self._manifest = manifest

    def answered(self, received: ReceivedDocument[StepRequest]) -> AnsweredStep | None:
        """Return the step if it was answered for these very bytes, None if it was not answered at all.

        Raises:
            RoundRefused: it was answered for other content.
        """
        # (1) once
        known = self._store.find(self._manifest.campaign_id, step_name(received.document))
        if known is not None and known.request_sha256 != received.sha256:
            raise RoundRefused(
                _("el paso {step} ya se contestó para otro contenido", step=known.step),
                remedy=_REMEDY,
            )
        return known

    def require_next(self, request: StepRequest) -> None:
        """Check that a step that was not answered may be answered now.

        Raises:
            RoundRefused: it is out of its order, off the chain, or builds on something else than was answered.
        """
        step, last = step_name(request), self._store.last(self._manifest.campaign_id)
        # (2) on the chain
        if request.previous != (last.chain if last is not None else request.manifest_sha256):
            raise RoundRefused(
                _("el paso {step} no sigue a lo que esta entidad contestó antes en la campaña", step=step),
                remedy=_REMEDY,
            )
        # (3) in its place
        if last is not None and position(last.step) >= position(step):
            raise RoundRefused(
                _("el paso {step} llega después de {last}", step=step, last=last.step),
                remedy=_REMEDY,
            )
        built_on = self._required(request)
        # (4) built on what was answered
        named = self._named(request)
        if named is not None and (built_on is None or built_on.shared_sha256 != named):
            raise RoundRefused(
                _("el paso {step} se refiere a otra petición que la contestada aquí", step=step), remedy=_REMEDY
            )

    def record(self, received: ReceivedDocument[StepRequest], reply: bytes, now: datetime) -> None:
        """Store an answered step. The caller checked it in the same transaction."""
        request, campaign_id = received.document, self._manifest.campaign_id
        last = self._store.last(campaign_id)
        previous = last.chain if last is not None else request.manifest_sha256
        kept = None if StepKind(request.kind) in _ROUNDS else reply
        chain = chained_step(previous, received.sha256, reply)
        answered = AnsweredStep(step_name(request), received.sha256, request.shared_sha256, chain, kept)
        self._store.put(campaign_id, answered, now)

    def _required(self, request: StepRequest) -> AnsweredStep | None:
        name = self._builds_on(request)
        if name is None:
            return None
        found = self._store.find(self._manifest.campaign_id, name)
        if found is None:
            raise RoundRefused(
                _("el paso {step} llega sin que se haya contestado {name}", step=step_name(request), name=name),
                remedy=_REMEDY,
            )
        return found

    def _builds_on(self, request: StepRequest) -> str | None:
        if isinstance(request, UnmaskRequest):
            return f"{StepKind.MASK}-{request.round}"
        counted = self._manifest.counts_entities
        setup = [kind for kind in StepKind if kind not in _ROUNDS and (counted or kind not in _COUNTING)]
        kind = StepKind(request.kind)
        if kind not in _ROUNDS and kind not in setup:
            raise RoundRefused(_("esta campaña no cuenta a las personas entre entidades"), remedy=_REMEDY)
        before = setup if kind in _ROUNDS else setup[: setup.index(kind)]
        needed = [each for each in before if each is not _OPTIONAL]
        return needed[-1].value if needed else None

    def _named(self, request: StepRequest) -> str | None:
        # The hash by which a request names the step that it builds on; None where it names none.
        if isinstance(request, OpeningRequest | UnmaskRequest):
            return request.mask_request_sha256
        if isinstance(request, MaskRequest) and (self._manifest.counts_entities or request.counted_sha256):
            return request.counted_sha256
        return None


def position(step: str) -> tuple[int, int]:
    """Return the place of a step, by its name, in the order of a campaign."""
    name, _separator, number = step.partition("-")
    kind = StepKind(name)
    if kind not in _ROUNDS:
        return list(StepKind).index(kind), 0
    return len(StepKind), 2 * int(number) + _ROUNDS.index(kind)
