"""The weights of an entity's people in a campaign: one over the number of entities counted in a person's bin.

`PersonBins` maps people to bins: a secret of the entity, kept sealed at the node until the campaign ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from federated.duplicates.keyed_table import LARGEST_TABLE, Counts, KeyedTables
from federated.errors import DuplicateCheckInvalid
from presentation.messages import _

MAX_PEOPLE_CAP: Final = 5000

_Bin = Annotated[int, Field(ge=0, lt=LARGEST_TABLE)]


@dataclass(frozen=True, slots=True)
class PersonBins:
    """The bin of each person, by the node's own id; None for a person without a document."""

    bins: Mapping[str, int | None]

    @classmethod
    def of(cls, tables: KeyedTables, documents: Mapping[str, str | None]) -> Self:
        """Return the bins of people.

        Args:
            tables: of the campaign.
            documents: canonical document of each person, by the node's own id; None without a document.

        Raises:
            DuplicateCheckInvalid: one document stands for two people.
        """
        known = [document for document in documents.values() if document is not None]
        if len(set(known)) != len(known):
            raise DuplicateCheckInvalid(
                _("dos personas de esta entidad tienen el mismo documento"),
                remedy=_("una sus fichas: cada persona cuenta una sola vez"),
            )
        return cls({person: None if each is None else tables.bin_of(each) for person, each in documents.items()})

    @property
    def occupied(self) -> frozenset[int]:
        """The bins with at least one person."""
        return frozenset(each for each in self.bins.values() if each is not None)

    def weights(self, counts: Counts, people_cap: int) -> dict[str, float]:
        """Return each person's weight, by the node's own id.

        A person without a document weighs 1. A person counted in more entities than the cap weighs 0, and so does one
        whose bin counts nobody: somebody lied. To refuse there would tell whoever made the sum, with the group key of
        an entity of its own, that the person is here. Another person in the same bin raises the count, never lowers
        it: the weights of one person over all entities add up to at most 1.

        Raises:
            DuplicateCheckInvalid: the cap is out of range.
        """
        if not 1 <= people_cap <= MAX_PEOPLE_CAP:
            raise DuplicateCheckInvalid(_("el límite de entidades por persona no es válido"))
        return {
            person: 1.0 if place is None else _weight(int(counts[place]), people_cap)
            for person, place in self.bins.items()
        }

    def to_json(self) -> bytes:
        """Return the bins as bytes to store at the node."""
        return _Stored(bins=dict(self.bins)).model_dump_json().encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Parse stored bins.

        Raises:
            DuplicateCheckInvalid: the bytes are not such bins.
        """
        try:
            return cls(_Stored.model_validate_json(data).bins)
        except ValidationError as error:
            raise DuplicateCheckInvalid(_("no se puede leer la tabla guardada de esta campaña")) from error


def _weight(entities: int, people_cap: int) -> float:
    return 1.0 / entities if 1 <= entities <= people_cap else 0.0


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    bins: dict[str, _Bin | None] = Field(description="node's own id to bin")
