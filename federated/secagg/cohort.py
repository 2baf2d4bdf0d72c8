"""The cohort of a campaign's secure sums: its entities, their keys, and the holders of their shares."""

import hashlib
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from types import MappingProxyType

from federated.errors import CohortTooSmall, KeyStatementInvalid, SecureSumRefused
from federated.secagg.committee import MINIMUM_ENTITIES, CommitteeTerms, committee_terms
from federated.secagg.derivation import encode_parts
from federated.secagg.keys import check_public_key
from presentation.messages import _, plural
from trust.parties import check_entity_id


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """The entities of a secure sum, made by `form_cohort` only. Masks cancel only if all entities compute the same one.

    Attributes:
        campaign_id: 32 hex digits.
        manifest_sha256: of the approved manifest, 64 hex digits.
        keys: X25519 public key of each entity, 32 bytes, in the order of their names.
        sha256: digest of all the above, 32 bytes.
        committee: the entities that hold shares and agree on survivors, sorted; all of a small cohort.
        terms: size and threshold of the committee.
    """

    campaign_id: str
    manifest_sha256: str
    keys: Mapping[str, bytes]
    sha256: bytes
    committee: tuple[str, ...]
    terms: CommitteeTerms

    def is_member(self, entity: str) -> bool:
        """Return whether the entity is in the committee."""
        return entity in self.committee

    def partners(self, entity: str) -> tuple[str, ...]:
        """Return the entities with a common pair mask: all for a committee member, the committee for the others."""
        around = self.keys if self.is_member(entity) else self.committee
        return tuple(name for name in around if name != entity)

    def holders(self, entity: str) -> Mapping[str, int]:
        """Return the committee members that hold shares of the entity's secrets, with the share's index (from 1)."""
        return {name: index for index, name in enumerate(self.committee, start=1) if name != entity}

    def holders_needed(self, entity: str) -> int:
        """Return the number of holders that open the entity's secrets; a member counts as agreeing with itself."""
        return self.terms.threshold - self.is_member(entity)

    def disclosures(self, entity: str, survivors: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names for which an entity discloses secrets to unmask a sum; no name is in both parts.

        Returns:
            The survivors (it discloses its share of their self mask), and the dropped partners (their pair mask).
        """
        held = [name for name in self.keys if name in survivors and name != entity] if self.is_member(entity) else []
        return tuple(held), tuple(name for name in self.partners(entity) if name not in survivors)

    def check_survivors(self, survivors: AbstractSet[str] | Mapping[str, object], minimum_cohort: int) -> None:
        """Check a list of survivors before the sum over them is unmasked.

        Raises:
            SecureSumRefused: not entities of the cohort, too few of them, or too few of the committee.
        """
        if not all(name in self.keys for name in survivors):
            raise SecureSumRefused(
                _("la lista de entidades que siguen en la ronda incluye una que no está en la cohorte")
            )
        if len(survivors) < max(minimum_cohort, MINIMUM_ENTITIES):
            raise SecureSumRefused(
                plural(
                    "se pide una suma de {n} entidad; hacen falta {minimum_cohort}",
                    "se pide una suma de {n} entidades; hacen falta {minimum_cohort}",
                    len(survivors),
                    minimum_cohort=minimum_cohort,
                )
            )
        members = sum(member in survivors for member in self.committee)
        if members < self.terms.threshold:
            raise SecureSumRefused(
                plural(
                    "queda {n} miembro del comité; hacen falta {threshold}",
                    "quedan {n} miembros del comité; hacen falta {threshold}",
                    members,
                    threshold=self.terms.threshold,
                )
            )


def form_cohort(campaign_id: str, manifest_sha256: str, keys: Mapping[str, bytes]) -> Cohort:
    """Form the cohort of a campaign from the public keys that the entities stated.

    The committee consists of the entities with the smallest hashes of cohort and name. As keys are committed before
    they are revealed, no entity chooses it or can draw it again.

    Args:
        campaign_id: 32 hex digits.
        manifest_sha256: 64 hex digits.
        keys: X25519 public key of each entity, 32 bytes, from verified key statements.

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
        raise KeyStatementInvalid(_("{entity!r} no es un identificador de entidad", entity=entity)) from error
    check_public_key(entity, key)
