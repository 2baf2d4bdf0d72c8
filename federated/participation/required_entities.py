"""Entities that must be in every sum that an entity contributes to: anchors that its data-protection officer pinned.

A coordinator can admit entities of its own and let them take part. An anchor is an entity that the officer knows from
outside the network: with it in the sum, at least its share of the noise is there beside this entity's own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from federated.errors import RequiredEntityMissing
from presentation.messages import Message, _, listing


@dataclass(frozen=True, slots=True)
class RequiredEntities:
    """The rule of one node.

    Attributes:
        entities: the anchors that count.
        needed: number of them that must be in a sum.
        pinned: all anchors, those included whose keys the directory in use does not confirm.
    """

    entities: frozenset[str] = frozenset()
    needed: int = 0
    pinned: frozenset[str] = frozenset()

    @property
    def enough(self) -> bool:
        """True if so many anchors count that a sum can have as many as needed."""
        return len(self.entities) >= self.needed

    def check(self, listed: Collection[str]) -> None:
        """Check a list of entities: invited, in the cohort, counted, or surviving a round.

        Raises:
            RequiredEntityMissing: it has fewer of the anchors than needed.
        """
        present = sorted(self.entities.intersection(listed))
        if len(present) >= self.needed:
            return
        raise RequiredEntityMissing(
            _(
                "anclas presentes: {present}; se exigen {needed} de estas: {known}",
                present=listing(present) or _("ninguna"),
                needed=self.needed,
                known=listing(sorted(self.entities)) or _("ninguna"),
            ),
            remedy=self.remedy(),
        )

    def remedy(self) -> Message:
        """Return what the officer does so that there are enough anchors."""
        if self.enough or not self.pinned:
            return _(
                "pida su huella a una entidad que participe (redpact-node anchors fingerprint) y fíjela: redpact-node "
                "anchors pin ENTIDAD --fingerprint HUELLA; o ponga training_anchors = 0 en node.toml, sabiendo que "
                "entonces puede quedar solo el ruido de este nodo"
            )
        return _(
            "hay anclas fijadas que no cuentan, porque el directorio en uso les da otra clave o no lleva bastantes "
            "cofirmas: redpact-node anchors show"
        )


NOBODY_REQUIRED: Final = RequiredEntities()
