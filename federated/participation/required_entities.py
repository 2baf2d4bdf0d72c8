"""Entities that must be in every sum that an entity contributes to: anchors that its data-protection officer pinned.

A coordinator can admit entities of its own and let them take part. An anchor is an entity that the officer knows from
outside the network: with it in the sum, at least its share of the noise is there beside this entity's own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from federated.errors import RequiredEntityMissing
from presentation.messages import _, listing


@dataclass(frozen=True, slots=True)
class RequiredEntities:
    """The rule of one node.

    Attributes:
        entities: the anchors that count.
        needed: number of them that must be in a sum.
    """

    entities: frozenset[str] = frozenset()
    needed: int = 0

    def check(self, listed: Collection[str]) -> None:
        """Check a list of entities: invited, in the cohort, counted, or surviving a round.

        Raises:
            RequiredEntityMissing: it has fewer of the anchors than needed.
        """
        present = sorted(self.entities.intersection(listed))
        if len(present) >= self.needed:
            return
        known = listing(sorted(self.entities)) or _("ninguna")
        raise RequiredEntityMissing(
            _(
                "anclas presentes: {present}; se exigen {needed} de estas: {known}",
                present=listing(present) or _("ninguna"),
                needed=self.needed,
                known=known,
            ),
            remedy=_("fije como ancla una entidad que participe: redpact-node anchors pin; o cambie training_anchors"),
        )


NOBODY_REQUIRED: Final = RequiredEntities()
