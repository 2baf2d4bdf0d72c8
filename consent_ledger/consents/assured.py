"""The fields that a consent opens by its assurance: one rule for releases and for their audit.

A consent given at this entity opens its fields: the person acted here. One given elsewhere opens those for which this
entity found a proof that its policy accepts (`policies.assurance`, decision 0025).
"""

from collections.abc import Collection

from consent_ledger.log.given_elsewhere import ConsentOrigin, ProofFound
from policies.assurance import Assurance, AssurancePolicy
from policies.catalogue import load_catalogue


def opened_fields(
    fields: Collection[str], origin: ConsentOrigin | None, policy: AssurancePolicy, *, purpose: str, recipient: str
) -> frozenset[str]:
    """Return the fields of a consent that may be released by its assurance.

    Args:
        fields: of the consent.
        origin: where it was given, with the proofs found; None when that is this entity.
        policy: of this entity, in force at the release.
        purpose: for which they are asked.
        recipient: entity id of the asker. The word of the entity that would receive the data is no proof, whatever the
            policy says.
    """
    if origin is None:
        return frozenset(fields)
    if origin.declined is not None:
        return frozenset()
    opened = set() if recipient == origin.entity else _accepted(fields, Assurance.DECLARED, policy)
    for proof in origin.proofs or ():
        if proof.purposes is None or purpose in proof.purposes:
            opened |= _accepted(_below(fields, proof), proof.assurance, policy)
    return frozenset(opened)


def strongest(origin: ConsentOrigin) -> Assurance:
    """Return the strongest assurance found of a consent given elsewhere."""
    rank = list(Assurance).index
    return max((proof.assurance for proof in origin.proofs or ()), key=rank, default=Assurance.DECLARED)


def _accepted(fields: Collection[str], assurance: Assurance, policy: AssurancePolicy) -> set[str]:
    return {field for field in fields if policy.opens(assurance, field)}


def _below(fields: Collection[str], proof: ProofFound) -> list[str]:
    catalogue = load_catalogue()
    known = [catalogue.field(field) for field in fields if field in catalogue]
    return [spec.id for spec in known if spec.sensitivity.level <= proof.ceiling.level]
