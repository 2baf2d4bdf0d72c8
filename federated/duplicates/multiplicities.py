"""The coordinator's part of the duplicate check: the number of entities that sent each tag.

It holds lists of 16-byte tags whose lengths are public buckets. Without the group key a tag reveals nothing about a
document; tags of one person in two campaigns cannot be linked.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from federated.duplicates.canaries import TAG_BYTES
from federated.duplicates.group_key import checked_cohort
from federated.errors import DuplicateCheckInvalid
from presentation.messages import _

SMALLEST_BUCKET: Final = 64
LARGEST_BUCKET: Final = 1 << 20
COUNT_BYTES: Final = 2


def multiplicities(tags_by_entity: Mapping[str, Sequence[bytes]]) -> dict[str, tuple[int, ...]]:
    """Return for each entity, in the order of its tags, the number of entities that sent each tag.

    Raises:
        DuplicateCheckInvalid: fewer than two entities, or a list that `check_tags` refuses.
    """
    checked_cohort(tuple(tags_by_entity))
    for tags in tags_by_entity.values():
        check_tags(tags)
    counted = Counter(tag for tags in tags_by_entity.values() for tag in tags)
    return {entity: tuple(counted[tag] for tag in tags) for entity, tags in tags_by_entity.items()}


def check_tags(tags: Sequence[bytes]) -> None:
    """Check one entity's list.

    Raises:
        DuplicateCheckInvalid: its length is no bucket, a tag is not 16 bytes long, or one comes twice.
    """
    if len(tags) != bucket_of(len(tags)):
        raise DuplicateCheckInvalid(_("la longitud de una lista de etiquetas no es una de las fijadas"))
    if any(len(tag) != TAG_BYTES for tag in tags) or len(set(tags)) != len(tags):
        raise DuplicateCheckInvalid(_("una lista de etiquetas contiene una repetida, o una de otra longitud"))


def bucket_of(tags: int) -> int:
    """Return the public length that a list is padded to: the next power of two, 64 at least.

    Raises:
        DuplicateCheckInvalid: more than a million tags.
    """
    if tags > LARGEST_BUCKET:
        raise DuplicateCheckInvalid(
            _("hay más de {largest_bucket} etiquetas en una lista", largest_bucket=LARGEST_BUCKET)
        )
    return max(SMALLEST_BUCKET, 1 << max(tags - 1, 0).bit_length())


def pack_tags(tags: Sequence[bytes]) -> bytes:
    """Return the wire form of a list of tags: their concatenation."""
    return b"".join(tags)


def unpack_tags(data: bytes) -> tuple[bytes, ...]:
    """Return the tags of one entity.

    Raises:
        DuplicateCheckInvalid: as `check_tags`, or the bytes do not divide into tags.
    """
    if len(data) % TAG_BYTES or len(data) > LARGEST_BUCKET * TAG_BYTES:
        raise DuplicateCheckInvalid(_("estos bytes no son una lista de etiquetas"))
    tags = tuple(data[start : start + TAG_BYTES] for start in range(0, len(data), TAG_BYTES))
    check_tags(tags)
    return tags


def pack_counts(counts: Sequence[int]) -> bytes:
    """Return the wire form of counts: two bytes each, big-endian."""
    return b"".join(count.to_bytes(COUNT_BYTES, "big") for count in counts)


def unpack_counts(data: bytes) -> tuple[int, ...]:
    """Return the counts of one entity's tags; `EntityTags.weights` checks whether they are possible.

    Raises:
        DuplicateCheckInvalid: the bytes do not divide into counts.
    """
    if len(data) % COUNT_BYTES or len(data) > LARGEST_BUCKET * COUNT_BYTES:
        raise DuplicateCheckInvalid(_("estos bytes no son una lista de recuentos"))
    return tuple(int.from_bytes(data[at : at + COUNT_BYTES], "big") for at in range(0, len(data), COUNT_BYTES))
