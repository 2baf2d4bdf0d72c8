"""An entity's part of the duplicate check: send tags of its people among canaries and padding, and derive weights.

In order:

1. each person to train on gets the tag HMAC-SHA256(group key, campaign | document); a person without a document gets a
   random one, which no other entity can send;
2. canaries (`canaries`) and random padding up to a public length are added, and all is shuffled;
3. the returned counts must be right for every canary and every padding tag, or the entity contributes nothing;
4. a person counted in m entities weighs 1/m; above the public cap, 0.

`EntityTags` maps tags to people: a secret of the entity, kept at the node until the campaign ends.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from federated.duplicates.canaries import TAG_BYTES, Canary, canaries_of
from federated.duplicates.group_key import KEY_BYTES, PairSecret, checked_cohort, framed
from federated.duplicates.multiplicities import bucket_of, unpack_tags
from federated.errors import DuplicateCheckInvalid, DuplicateCountWrong
from presentation.messages import _, plural

MAX_PEOPLE_CAP: Final = 5000

Position = Annotated[int, Field(ge=0)]


@dataclass(frozen=True, slots=True)
class CheckTerms:
    """The terms of a campaign's duplicate check, known to its entities.

    Attributes:
        cohort: the entities whose tags are counted, this one included.
        group_key: 32 bytes, unknown to the coordinator.
    """

    campaign: str
    entity: str
    cohort: tuple[str, ...]
    group_key: bytes


@dataclass(frozen=True, slots=True)
class EntityTags:
    """One entity's tags as sent, with their meaning, which only this entity knows.

    Attributes:
        tags: of 16 bytes, in the order sent; their number is a bucket.
        people: position in `tags` of each person, by the node's own id.
        canaries: position in `tags` of each canary, with the entities that send it.
    """

    entity: str
    tags: tuple[bytes, ...]
    people: Mapping[str, int]
    canaries: Mapping[int, frozenset[str]]

    def weights(self, counts: Sequence[int], *, counted: Sequence[str], people_cap: int) -> dict[str, float]:
        """Check the coordinator's counts and return each person's weight, by the node's own id.

        Args:
            counts: in the order of `tags`.
            counted: the entities whose tags were counted. The caller must let only these contribute afterwards, or a
                person's weights could add up to more than one.
            people_cap: most entities for one person; a person in more has weight 0.

        Raises:
            DuplicateCheckInvalid: the counts cannot be counts of these tags, or this entity was not counted.
            DuplicateCountWrong: a canary or padding tag has a wrong count: contribute nothing.
        """
        present = set(checked_cohort(counted))
        self._require_possible(counts, present, people_cap)
        self._require_true(counts, present)
        return {person: _weight(counts[position], people_cap) for person, position in self.people.items()}

    def _require_possible(self, counts: Sequence[int], present: set[str], people_cap: int) -> None:
        if self.entity not in present or not 1 <= people_cap <= MAX_PEOPLE_CAP:
            raise DuplicateCheckInvalid(
                _("esta entidad no entró en el recuento, o el límite de entidades por persona no es válido")
            )
        if len(counts) != len(self.tags) or not all(1 <= count <= len(present) for count in counts):
            raise DuplicateCheckInvalid(_("los recuentos no corresponden a las etiquetas enviadas"))

    def _require_true(self, counts: Sequence[int], present: set[str]) -> None:
        own = set(self.people.values())
        for position, count in enumerate(counts):
            if position in own:
                continue
            # Padding is random, so that no other entity can have sent it.
            true = len(self.canaries[position] & present) if position in self.canaries else 1
            if count != true:
                raise DuplicateCountWrong(
                    plural(
                        "una etiqueta que envió {n} entidad volvió como enviada por {count}",
                        "una etiqueta que enviaron {n} entidades volvió como enviada por {count}",
                        true,
                        count=count,
                    ),
                    remedy=_("no aporte nada, y avise a quien administra el coordinador y a las demás entidades"),
                )

    def to_json(self) -> bytes:
        """Return the tags as bytes to store at the node."""
        stored = _StoredTags(
            entity=self.entity,
            tags=b"".join(self.tags).hex(),
            people=dict(self.people),
            canaries={position: sorted(senders) for position, senders in self.canaries.items()},
        )
        return stored.model_dump_json().encode()

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """Parse stored tags.

        Raises:
            DuplicateCheckInvalid: the bytes are not such tags.
        """
        try:
            stored = _StoredTags.model_validate_json(data)
            tags = unpack_tags(bytes.fromhex(stored.tags))
        except (ValidationError, ValueError) as error:
            raise DuplicateCheckInvalid(_("no se pueden leer las etiquetas guardadas de esta campaña")) from error
        positions = [*stored.people.values(), *stored.canaries]
        if len(set(positions)) != len(positions) or not all(position < len(tags) for position in positions):
            raise DuplicateCheckInvalid(_("las etiquetas guardadas de esta campaña se contradicen"))
        canaries = {position: frozenset(senders) for position, senders in stored.canaries.items()}
        return cls(stored.entity, tags, stored.people, canaries)


def prepare_tags(terms: CheckTerms, documents: Mapping[str, str | None], pair_secret: PairSecret) -> EntityTags:
    """Return the tags that an entity sends for its people.

    Each call draws new randomness: store the tags that are sent, and send the same again on a repeated request.

    Args:
        terms: of the campaign.
        documents: canonical document of each person to train on, by the node's own id; None without a document.
        pair_secret: returns the secret shared with another entity.

    Raises:
        DuplicateCheckInvalid: the terms are not usable, one document stands for two people, or there are too many.
    """
    cohort = checked_cohort(terms.cohort)
    if terms.entity not in cohort or len(terms.group_key) != KEY_BYTES:
        raise DuplicateCheckInvalid(_("esta entidad no está en la cohorte, o la clave de grupo tiene otra longitud"))
    known = [document for document in documents.values() if document is not None]
    if len(set(known)) != len(known):
        raise DuplicateCheckInvalid(
            _("dos personas de esta entidad tienen el mismo documento"),
            remedy=_("una sus fichas: cada persona cuenta una sola vez"),
        )
    tags = {person: _tag(terms, document) for person, document in documents.items()}
    canaries = canaries_of(
        terms.entity, cohort, campaign=terms.campaign, group_key=terms.group_key, pair_secret=pair_secret
    )
    return _shuffled(terms.entity, tags, canaries)


def person_tag(group_key: bytes, campaign: str, document: str) -> bytes:
    """Return the 16-byte tag of a person: the same at every entity of one campaign, unrelated in any other."""
    return hmac.digest(group_key, framed("redpact person tag v1", campaign, document), "sha256")[:TAG_BYTES]


def _tag(terms: CheckTerms, document: str | None) -> bytes:
    if document is None:
        return secrets.token_bytes(TAG_BYTES)
    return person_tag(terms.group_key, terms.campaign, document)


def _shuffled(entity: str, people: Mapping[str, bytes], canaries: Sequence[Canary]) -> EntityTags:
    used = len(people) + len(canaries)
    padding = [secrets.token_bytes(TAG_BYTES) for _ in range(bucket_of(used) - used)]
    tags = [*people.values(), *(canary.tag for canary in canaries), *padding]
    order = list(range(len(tags)))
    secrets.SystemRandom().shuffle(order)
    position = {before: after for after, before in enumerate(order)}
    return EntityTags(
        entity=entity,
        tags=tuple(tags[before] for before in order),
        people={person: position[before] for before, person in enumerate(people)},
        canaries={position[len(people) + index]: canary.senders for index, canary in enumerate(canaries)},
    )


def _weight(entities: int, people_cap: int) -> float:
    return 1.0 / entities if entities <= people_cap else 0.0


class _StoredTags(BaseModel):
    """The stored form of `EntityTags`."""

    model_config = ConfigDict(extra="forbid")

    v: int = Field(default=1, ge=1, le=1)
    entity: str
    tags: str
    people: dict[str, Position] = Field(description="node's own id to position")
    canaries: dict[Position, list[str]]
