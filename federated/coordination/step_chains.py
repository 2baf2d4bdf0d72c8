"""The chain of each entity, as the coordinator knows it: the entity's next request must name it.

An entity that does not answer a step is asked the same bytes again until it does, and only then the next step: the
coordinator cannot know whether it answered, and it refuses whatever does not follow its last answer. Meanwhile the
others go on.
"""

import base64
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from federated.campaign.steps import chained_step, read_request


@dataclass(frozen=True, slots=True)
class StepChains:
    """The chains of one campaign's entities.

    Attributes:
        heads: the chain after the last step that an entity answered; absent before the first.
        before_sum: the chains under which the entities of the sum that is being opened were asked for their part of it.
        unanswered: the request that an entity has not answered yet.
        gone: entities that refused a step; they answer no further one.
    """

    heads: Mapping[str, str] = field(default_factory=dict)
    before_sum: Mapping[str, str] = field(default_factory=dict)
    unanswered: Mapping[str, bytes] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()

    def after(self, asked: Mapping[str, bytes], replies: Mapping[str, bytes], declined: Collection[str]) -> Self:
        """Return the chains after a step.

        Args:
            asked: the requests, by entity; each names the entity's present head.
            replies: the replies that came, whatever they hold: their entities chained them.
            declined: entities that refused.
        """
        heads, unanswered = dict(self.heads), dict(self.unanswered)
        for entity, request in asked.items():
            if entity in replies:
                asked_for = read_request(request)
                heads[entity] = chained_step(asked_for.document.previous, asked_for.sha256, replies[entity])
                unanswered.pop(entity, None)
            else:
                unanswered[entity] = request
        gone = self.gone | frozenset(declined)
        unanswered = {entity: request for entity, request in unanswered.items() if entity not in gone}
        return replace(self, heads=heads, unanswered=unanswered, gone=gone)

    def keeping(self, members: Collection[str]) -> Self:
        """Return the chains without the unanswered requests of entities that are not asked any more."""
        left = {entity: request for entity, request in self.unanswered.items() if entity in members}
        return replace(self, unanswered=left)

    def document(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "heads": dict(self.heads),
            "before_sum": dict(self.before_sum),
            "unanswered": {name: base64.b64encode(each).decode() for name, each in self.unanswered.items()},
            "gone": sorted(self.gone),
        }

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Self:
        """Read the JSON form back.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: not such a form.
        """
        return cls(
            heads={str(name): str(head) for name, head in content["heads"].items()},
            before_sum={str(name): str(head) for name, head in content["before_sum"].items()},
            unanswered={
                str(name): base64.b64decode(text, validate=True) for name, text in content["unanswered"].items()
            },
            gone=frozenset(str(name) for name in content["gone"]),
        )
