"""The coordinator's side of the secure sum: it forwards sealed shares and unmasks the sum over the survivors."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from federated.errors import MaskedMessageInvalid, SumLost
from federated.privacy.quantisation import IntVector
from federated.secagg.client import add_pair_mask, response_key, self_mask_key
from federated.secagg.cohort import Cohort
from federated.secagg.derivation import KEY_BYTES, MaskVector, RoundBinding, expand, survivors_sha256, unseal
from federated.secagg.messages import MaskedInput, UnmaskingResponse, check_response
from federated.secagg.shares import reconstruct
from presentation.messages import _, plural


@dataclass(frozen=True, slots=True, eq=False)
class SecureSum:
    """The sum, and the responses that could not be used for it.

    Attributes:
        total: (length,) int64.
        unusable: entity -> reason for which its response was not used.
    """

    total: IntVector
    unusable: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DisclosedSecrets:
    """The content of one response: by survivor the share of its self mask, by dropped entity the key of a pair mask."""

    shares: Mapping[str, bytes]
    pair_mask_keys: Mapping[str, bytes]


def shares_for(cohort: Cohort, inputs: Mapping[str, MaskedInput], entity: str) -> dict[str, bytes]:
    """Return the sealed shares for an entity to unmask with; the survivors are the keys of `inputs`."""
    held, _ = cohort.disclosures(entity, inputs)
    return {name: inputs[name].shares[entity] for name in held}


def required_responders(cohort: Cohort, survivors: Collection[str]) -> tuple[str, ...]:
    """Return the survivors whose response is needed: the committee, or all when one of the committee dropped out."""
    all_there = all(member in survivors for member in cohort.committee)
    return tuple(name for name in cohort.keys if name in survivors and (not all_there or cohort.is_member(name)))


def total(
    cohort: Cohort,
    inputs: Mapping[str, MaskedInput],
    responses: Mapping[str, UnmaskingResponse],
    round_number: int,
    context: bytes,
) -> SecureSum:
    """Unmask the sum over the entities with a masked input.

    A wrong vector, share or pair mask of the right form is not detected: a lying entity spoils the sum, as it could by
    lying about its own vector. A share that fits no 16-byte seed is detected.

    Args:
        cohort: of the campaign.
        inputs: the survivors' masked inputs, each checked by `check_input`; exactly the announced list.
        responses: responses of survivors; unusable ones are not used.
        round_number: of the campaign.
        context: digest of the round's request, 32 bytes.

    Raises:
        SecureSumRefused: a list of survivors that no entity would respond to.
        SumLost: the responses do not unmask the sum; if all survivors were asked, no later response can.
    """
    cohort.check_survivors(inputs, 0)
    binding = RoundBinding.of(cohort.sha256, round_number, context)
    unusable: dict[str, str] = {}
    disclosed = open_responses(cohort, binding, inputs, responses, unusable)
    result = np.zeros_like(next(iter(inputs.values())).vector)
    for entity, masked in inputs.items():
        result += masked.vector
        seed = self_mask_seed(cohort, entity, disclosed)
        result -= expand(self_mask_key(binding, entity, seed), len(result))
        _remove_pair_masks(cohort, entity, inputs, disclosed, result)
    return SecureSum(result.view(np.int64), unusable)


def open_responses(
    cohort: Cohort,
    binding: RoundBinding,
    inputs: Mapping[str, MaskedInput],
    responses: Mapping[str, UnmaskingResponse],
    unusable: dict[str, str],
) -> dict[str, DisclosedSecrets]:
    """Return the secrets disclosed in each response; the reason for each unusable one is added to `unusable`."""
    formed = {}
    for entity, response in responses.items():
        try:
            check_response(cohort, entity, response, inputs)
            formed[entity] = response
        except MaskedMessageInvalid as error:
            unusable[entity] = error.message
    disclosed = {}
    digest = survivors_sha256(inputs)
    for entity in formed:
        plain = _open_response(cohort, binding, entity, formed, digest)
        held, dropped = cohort.disclosures(entity, inputs)
        if plain is None:
            unusable[entity] = "too few of the committee responded for the same list of survivors"
            continue
        parts = [plain[start : start + KEY_BYTES] for start in range(0, len(plain), KEY_BYTES)]
        disclosed[entity] = DisclosedSecrets(
            dict(zip(held, parts[: len(held)], strict=True)), dict(zip(dropped, parts[len(held) :], strict=True))
        )
    return disclosed


def _open_response(
    cohort: Cohort, binding: RoundBinding, entity: str, responses: Mapping[str, UnmaskingResponse], digest: bytes
) -> bytes | None:
    needed, shares = cohort.holders_needed(entity), dict[int, bytes]()
    for holder, index in cohort.holders(entity).items():
        if holder in responses and len(shares) < needed:
            key, sealed = responses[holder].attestations[entity], responses[entity].key_shares[holder]
            share = unseal(key, sealed, digest)
            if share is not None:
                shares[index] = share
    secret = reconstruct(shares) if len(shares) == needed else None
    return unseal(response_key(binding, entity, secret), responses[entity].sealed, digest) if secret else None


def self_mask_seed(cohort: Cohort, entity: str, disclosed: Mapping[str, DisclosedSecrets]) -> bytes:
    """Return the seed of an entity's self mask from the disclosed shares.

    Raises:
        SumLost: too few shares, or shares that do not fit each other.
    """
    needed = cohort.holders_needed(entity)
    there = [(holder, index) for holder, index in cohort.holders(entity).items() if holder in disclosed]
    if len(there) < needed:
        raise SumLost(
            _(
                "partes de la máscara propia de {entity}: {there_count}; hacen falta {needed}",
                there_count=len(there),
                entity=entity,
                needed=needed,
            )
        )
    seed = reconstruct({index: disclosed[holder].shares[entity] for holder, index in there[:needed]})
    if seed is None:
        raise SumLost(
            _(
                "no se abre la máscara propia de {entity}: alguna de las partes que dieron las demás no es la suya; no "
                "se puede saber cuál",
                entity=entity,
            )
        )
    return seed


def _remove_pair_masks(
    cohort: Cohort,
    entity: str,
    inputs: Mapping[str, MaskedInput],
    disclosed: Mapping[str, DisclosedSecrets],
    result: MaskVector,
) -> None:
    # The masks of its pairs with dropped entities have no counterpart in the sum.
    _unused, dropped = cohort.disclosures(entity, inputs)
    if dropped and entity not in disclosed:
        raise SumLost(
            plural(
                "{entity} no respondió, y comparte máscaras con {n} entidad que dejó de responder antes",
                "{entity} no respondió, y comparte máscaras con {n} entidades que dejaron de responder antes",
                len(dropped),
                entity=entity,
            )
        )
    for name in dropped:
        add_pair_mask(result, name, entity, disclosed[entity].pair_mask_keys[name])
