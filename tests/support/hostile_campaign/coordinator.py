"""A coordinator that keeps all it was ever told, asks whatever it likes, and opens every sum that it can.

It knows the protocol and each entity's chain, so that what it asks is refused for what it is, not for its form.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from federated.campaign.steps import (
    MaskRequest,
    OpeningReply,
    OpeningRequest,
    StepRequest,
    TableReply,
    UnmaskRequest,
    WeightsRequest,
    chained_step,
    encode_document,
    pack,
    read_reply,
    read_request,
)
from federated.coordination.cohort_forming import CampaignSetup
from federated.coordination.gathered_sum import GatheredSum
from federated.coordination.progress import Progress
from federated.coordination.state_machine import CampaignStateMachine, start
from federated.duplicates.keyed_table import TABLE_ROUND, TableShape
from federated.errors import CohortTooSmall, SecureSumRefused, SumLost
from federated.secagg.cohort import Cohort
from tests.support.hostile_campaign.town import ENTITIES, HONEST, Told, Town

UNSAID: Final = "0" * 64


@dataclass
class Coordinator:
    """The honest course of the campaign, and everything else that can be asked beside it.

    Attributes:
        heads: each entity's chain, by what it answered.
        over: True when the honest course cannot go on.
    """

    town: Town
    machine: CampaignStateMachine = field(init=False)
    heads: dict[str, str] = field(default_factory=dict)
    over: bool = False

    def __post_init__(self) -> None:
        self.go_back(start(self.town.manifest, self.town.digest))

    def go_back(self, progress: Progress) -> None:
        """Go on from a state of the campaign, the newest or an older one."""
        setup = CampaignSetup(self.town.manifest, self.town.digest, ENTITIES, self.town.key_of)
        self.machine, self.over = CampaignStateMachine(setup, Progress.from_json(progress.to_json())), False

    @property
    def cohort(self) -> Cohort:
        return self.machine.cohort

    def ask(self, entity: str, request: StepRequest | bytes) -> bytes | None:
        """Ask one step and keep the answer."""
        raw = request if isinstance(request, bytes) else encode_document(request)
        known = len(self.town.told)
        reply = self.town.ask(entity, raw)
        if reply is not None and not any(each.raw == raw for each in self.town.told[:known]):
            asked = read_request(raw)
            self.heads[entity] = chained_step(asked.document.previous, asked.sha256, reply)
        return reply

    def addressed(self, entity: str, request: StepRequest) -> StepRequest:
        """Return a request on the entity's present chain."""
        return request.model_copy(update={"previous": self.heads.get(entity, self.town.digest)})

    def step(self, withheld: Iterable[str] = ()) -> bool:
        """Take the honest course one step on, with the messages to some withheld; False when it is at its end."""
        if self.over or self.machine.done:
            return False
        gone = frozenset(withheld)
        replies, declined = {}, set()
        for entity, raw in self.machine.requests().items():
            if entity in gone:
                continue
            reply = self.ask(entity, raw)
            if reply is not None:
                replies[entity] = reply
            elif entity in self.town.refused:
                declined.add(entity)
        try:
            self.machine.accept(replies, declined)
        except (CohortTooSmall, SumLost):
            self.over = True
        return not self.over

    def answers(self, step: str) -> list[Told]:
        """Return every answer to a step."""
        return [each for each in self.town.told if each.step == step]

    def gathered(self, listed: tuple[str, ...]) -> GatheredSum | None:
        """Return the tables of the listed entities, None when one did not send one."""
        cohort, found = self.cohort, {each.entity: each for each in self.answers("table")}
        if not set(listed) <= set(found):
            return None
        shared = found[listed[0]].request.shared_sha256
        shape = TableShape.of(self.town.manifest.people_estimate, len(cohort.keys))
        gathered = GatheredSum(cohort, TABLE_ROUND, bytes.fromhex(shared))
        replies = {name: read_reply(found[name].reply).document for name in listed}
        assert all(isinstance(each, TableReply) for each in replies.values())
        gathered.gather(replies, shape.words, lambda *_: None)
        return gathered

    def open_tables(self, entity: str, listed: tuple[str, ...]) -> None:
        """Ask an entity to open the sum of the tables over a list."""
        gathered = self.gathered(listed)
        if gathered is None:
            return
        told = {name: gathered.inputs[name].shares for name in listed if name != entity}
        shares = {name: theirs[entity] for name, theirs in told.items() if entity in theirs}
        request = OpeningRequest(
            **self._names, mask_request_sha256=gathered.context.hex(), survivors=listed, shares=shares
        )
        self.ask(entity, self.addressed(entity, request))

    def tell_weights(self, entity: str, listed: tuple[str, ...]) -> None:
        """Tell an entity the true sum of the tables over a list, if the answers so far open it."""
        table = self._table(listed)
        if table is not None:
            request = WeightsRequest(**self._names, table=table, counted=listed)
            self.ask(entity, self.addressed(entity, request))

    def mask(self, entity: str, number: int, counted: str | None = None) -> None:
        """Ask for the masked sum of a round; `counted` names the count, by default the one the entity was told."""
        told = [each for each in self.answers("weights") if each.entity == entity]
        named = counted if counted is not None else (told[0].request.shared_sha256 if told else UNSAID)
        self.ask(entity, self.addressed(entity, self.mask_request(number, named)))

    def mask_request(self, number: int, counted: str) -> MaskRequest:
        """Return the request for a round, of a model that has learned nothing."""
        sums, stages = self.machine.sums, self.town.manifest.stages
        kind = stages[0].kind if number == 1 else stages[1].kind
        parameters = np.zeros(sums.parameters_size(kind))
        return MaskRequest(
            **self._names,
            round=number,
            parameters=pack(parameters),
            cohort_sha256=self.cohort.sha256.hex(),
            counted_sha256=counted,
            transcript=self.town.digest,
        )

    def unmask(self, entity: str, number: int, listed: tuple[str, ...]) -> None:
        """Ask an entity to unmask a round's sum over a list."""
        masked = {each.entity: each for each in self.answers(f"mask-{number}")}
        if not set(listed) <= set(masked) or entity not in masked:
            return
        context = masked[entity].request.shared_sha256
        parts = {name: read_reply(masked[name].reply).document for name in listed}
        shares = {name: each.shares[entity] for name, each in parts.items() if name != entity}  # type: ignore[union-attr] # masked
        request = UnmaskRequest(
            **self._names, round=number, mask_request_sha256=context, survivors=listed, shares=shares
        )
        self.ask(entity, self.addressed(entity, request))

    def _table(self, listed: tuple[str, ...]) -> bytes | None:
        gathered = self.gathered(listed)
        if gathered is None:
            return None
        answers = {
            each.entity: document
            for each in self.answers("opening")
            if isinstance(each.request, OpeningRequest)
            and each.request.survivors == listed
            and isinstance(document := read_reply(each.reply).document, OpeningReply)
        }
        try:
            total, _unusable = gathered.opened(answers)
        except (SumLost, SecureSumRefused):
            return None
        return pack(total.view(np.uint64))

    @property
    def _names(self) -> dict[str, str]:
        return {
            "campaign_id": self.town.manifest.campaign_id,
            "manifest_sha256": self.town.digest,
            "previous": UNSAID,
        }


def everybody_but(*names: str) -> tuple[str, ...]:
    """Return the entities without some."""
    return tuple(entity for entity in ENTITIES if entity not in names)


assert set(HONEST) < set(ENTITIES)
