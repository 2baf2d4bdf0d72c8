"""The entities of one campaign's secure sums, their keys, and who holds whose shares."""

import hashlib
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from federated.errors import CohortTooSmall, KeyStatementInvalid, SecureSumRefused
from federated.secagg.committee import CommitteeTerms, committee_terms
from federated.secagg.derivation import encode_parts
from federated.secagg.keys import check_public_key
from presentation.messages import _
from trust.parties import check_entity_id

MINIMUM_ENTITIES: Final = 3
"""Of a sum over two, each of the two learns the other's part by subtraction."""


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """Who sums together; made by `form_cohort` only. Everybody in it computes the same one, or no masks cancel.

    Attributes:
        campaign_id: 32 hex digits.
        manifest_sha256: of the approved manifest, 64 hex digits.
        keys: X25519 public key of each entity, 32 bytes, in the order of their names.
        sha256: digest of all the above, 32 bytes.
        committee: the entities that hold shares and agree on survivors, sorted; everybody in a small cohort.
        terms: size and threshold of the committee.
    """

    campaign_id: str
    manifest_sha256: str
    keys: Mapping[str, bytes]
    sha256: bytes
    committee: tuple[str, ...]
    terms: CommitteeTerms

    def is_member(self, entity: str) -> bool:
        """Whether the entity is in the committee."""
        return entity in self.committee

    def partners(self, entity: str) -> tuple[str, ...]:
        """Return those with whom the entity shares a mask: a member with everybody, the others with every member."""
        around = self.keys if self.is_member(entity) else self.committee
        return tuple(name for name in around if name != entity)

    def holders(self, entity: str) -> Mapping[str, int]:
        """Return the members that hold shares of the entity's secrets, with the index (from 1) of the share."""
        return {name: index for index, name in enumerate(self.committee, start=1) if name != entity}

    def holders_needed(self, entity: str) -> int:
        """Return how many of its holders open the entity's secrets; a member counts as agreeing with itself."""
        return self.terms.threshold - self.is_member(entity)

    def disclosures(self, entity: str, survivors: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return what an entity discloses to unmask a sum; no name is ever in both parts.

        Returns:
            The survivors of whose self mask it gives its share, and the silent partners whose pair mask it gives.
        """
        held = [name for name in self.keys if name in survivors and name != entity] if self.is_member(entity) else []
        return tuple(held), tuple(name for name in self.partners(entity) if name not in survivors)

    def check_survivors(self, survivors: AbstractSet[str] | Mapping[str, object], minimum_cohort: int) -> None:
        """Check a list of survivors as every entity does before it helps to open the sum over them.

        Raises:
            SecureSumRefused: not entities of the cohort, too few of them, or too few of the committee.
        """
        if not all(name in self.keys for name in survivors):
            raise SecureSumRefused(
                _("la lista de entidades que siguen en la ronda incluye una que no está en la cohorte")
            )
        if len(survivors) < max(minimum_cohort, MINIMUM_ENTITIES):
            raise SecureSumRefused(
                _(
                    "se pide una suma de {survivors_count} entidades; hacen falta {minimum_cohort}",
                    survivors_count=len(survivors),
                    minimum_cohort=minimum_cohort,
                )
            )
        members = sum(member in survivors for member in self.committee)
        if members < self.terms.threshold:
            raise SecureSumRefused(
                _(
                    "quedan {members} miembros del comité; hacen falta {threshold}",
                    members=members,
                    threshold=self.terms.threshold,
                )
            )


def form_cohort(campaign_id: str, manifest_sha256: str, keys: Mapping[str, bytes]) -> Cohort:
    """Form the cohort of a campaign from the public keys that the entities stated.

    The committee are the entities with the smallest hashes of cohort and name: no one entity chooses it.

    Args:
        campaign_id: 32 hex digits.
        manifest_sha256: 64 hex digits.
        keys: X25519 public key of each entity, 32 bytes, each from an opened key statement.

    Raises:
        CohortTooSmall: fewer than three entities.
        KeyStatementInvalid: an unusable key, one key for two entities, or a name that is no entity id.
    """
    if len(keys) < MINIMUM_ENTITIES:
        raise CohortTooSmall(
            _(
                "entidades que presentaron claves: {keys_count}; para una suma segura hacen falta al menos "
                "{minimum_entities}",
                keys_count=len(keys),
                minimum_entities=MINIMUM_ENTITIES,
            )
        )
    if len(set(keys.values())) != len(keys):
        raise KeyStatementInvalid(_("dos entidades presentan la misma clave"))
    ordered = {entity: keys[entity] for entity in sorted(keys)}
    for entity, key in ordered.items():
        _check(entity, key)
    pairs = (part for entity, key in ordered.items() for part in (entity.encode(), key))
    head = (b"redpact/secagg/cohort/v1", campaign_id.encode(), manifest_sha256.encode())
    digest = hashlib.sha256(encode_parts((*head, *pairs))).digest()
    terms = committee_terms(len(ordered))
    drawn = sorted(
        ordered, key=lambda name: hashlib.sha256(encode_parts((b"committee", digest, name.encode()))).digest()
    )
    committee = tuple(sorted(drawn[: terms.size]))
    return Cohort(campaign_id, manifest_sha256, MappingProxyType(ordered), digest, committee, terms)


def _check(entity: str, key: bytes) -> None:
    try:
        check_entity_id(entity)
    except ValueError as error:
        raise KeyStatementInvalid(str(error)) from error
    check_public_key(entity, key)
