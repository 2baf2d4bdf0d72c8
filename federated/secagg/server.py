"""The coordinator's side of the secure sum: it carries what it cannot read, and opens the sum over the survivors."""

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
from presentation.messages import _


@dataclass(frozen=True, slots=True, eq=False)
class SecureSum:
    """The sum, and whose answers could not be used for it.

    Attributes:
        total: (length,) int64.
        unusable: for each entity whose answer was set aside, why.
    """

    total: IntVector
    unusable: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Disclosed:
    """What one answer held: by survivor the share of its self mask, by silent entity the key of a pair mask."""

    shares: Mapping[str, bytes]
    pair_mask_keys: Mapping[str, bytes]


def shares_for(cohort: Cohort, inputs: Mapping[str, MaskedInput], entity: str) -> dict[str, bytes]:
    """Return the sealed shares to hand to an entity with the list of survivors, which are the keys of `inputs`."""
    held, _ = cohort.disclosures(entity, inputs)
    return {name: inputs[name].shares[entity] for name in held}


def required_responders(cohort: Cohort, survivors: Collection[str]) -> tuple[str, ...]:
    """Return who is to be asked to unmask: the committee, and everybody once one of the committee fell silent."""
    all_there = all(member in survivors for member in cohort.committee)
    return tuple(name for name in cohort.keys if name in survivors and (not all_there or cohort.is_member(name)))


def total(
    cohort: Cohort,
    inputs: Mapping[str, MaskedInput],
    answers: Mapping[str, UnmaskingResponse],
    round_number: int,
    context: bytes,
) -> SecureSum:
    """Open the sum over the entities whose masked inputs are there.

    Nobody can tell whether an entity's vector, share or pair mask is the right one when it has the right form: an
    entity that lies spoils the sum, as it could by lying about its own vector. A share that fits no 16-byte seed is
    noticed.

    Args:
        cohort: of the campaign.
        inputs: the survivors' masked inputs, each checked by `check_input`; exactly the list that was announced.
        answers: what survivors answered; unusable ones are set aside.
        round_number: of the campaign.
        context: digest of what the round asked, 32 bytes.

    Raises:
        SecureSumRefused: a list of survivors that no entity would have answered.
        SumLost: the answers do not open the sum, and no later answer can, if all were asked.
    """
    cohort.check_survivors(inputs, 0)
    binding = RoundBinding.of(cohort.sha256, round_number, context)
    unusable: dict[str, str] = {}
    disclosed = _open_answers(cohort, binding, inputs, answers, unusable)
    result = np.zeros_like(next(iter(inputs.values())).vector)
    for entity, masked in inputs.items():
        result += masked.vector
        seed = _self_mask_seed(cohort, entity, disclosed)
        result -= expand(self_mask_key(binding, entity, seed), len(result))
        _remove_pair_masks(cohort, entity, inputs, disclosed, result)
    return SecureSum(result.view(np.int64), unusable)


def _open_answers(
    cohort: Cohort,
    binding: RoundBinding,
    inputs: Mapping[str, MaskedInput],
    answers: Mapping[str, UnmaskingResponse],
    unusable: dict[str, str],
) -> dict[str, _Disclosed]:
    formed = {}
    for entity, answer in answers.items():
        try:
            check_response(cohort, entity, answer, inputs)
            formed[entity] = answer
        except MaskedMessageInvalid as error:
            unusable[entity] = error.message
    disclosed = {}
    digest = survivors_sha256(inputs)
    for entity in formed:
        plain = _open_answer(cohort, binding, entity, formed, digest)
        held, silent = cohort.disclosures(entity, inputs)
        if plain is None:
            unusable[entity] = "too few of the committee answered for the same list of survivors"
            continue
        parts = [plain[start : start + KEY_BYTES] for start in range(0, len(plain), KEY_BYTES)]
        disclosed[entity] = _Disclosed(
            dict(zip(held, parts[: len(held)], strict=True)), dict(zip(silent, parts[len(held) :], strict=True))
        )
    return disclosed


def _open_answer(
    cohort: Cohort, binding: RoundBinding, entity: str, answers: Mapping[str, UnmaskingResponse], digest: bytes
) -> bytes | None:
    needed, shares = cohort.holders_needed(entity), dict[int, bytes]()
    for holder, index in cohort.holders(entity).items():
        if holder in answers and len(shares) < needed:
            key, sealed = answers[holder].attestations[entity], answers[entity].key_shares[holder]
            share = unseal(key, sealed, digest)
            if share is not None:
                shares[index] = share
    secret = reconstruct(shares) if len(shares) == needed else None
    return unseal(response_key(binding, entity, secret), answers[entity].sealed, digest) if secret else None


def _self_mask_seed(cohort: Cohort, entity: str, disclosed: Mapping[str, _Disclosed]) -> bytes:
    needed = cohort.holders_needed(entity)
    there = [(holder, index) for holder, index in cohort.holders(entity).items() if holder in disclosed]
    if len(there) < needed:
        raise SumLost(
            _(
                "hay {there_count} partes de la máscara propia de {entity}; hacen falta {needed}",
                there_count=len(there),
                entity=entity,
                needed=needed,
            )
        )
    seed = reconstruct({index: disclosed[holder].shares[entity] for holder, index in there[:needed]})
    if seed is None:
        raise SumLost(_("las partes de la máscara propia de {entity} no encajan entre sí", entity=entity))
    return seed


def _remove_pair_masks(
    cohort: Cohort,
    entity: str,
    inputs: Mapping[str, MaskedInput],
    disclosed: Mapping[str, _Disclosed],
    result: MaskVector,
) -> None:
    # What the entity added for its pairs with the silent ones has nothing in the sum to cancel it.
    _unused, silent = cohort.disclosures(entity, inputs)
    if silent and entity not in disclosed:
        raise SumLost(
            _(
                "{entity} no respondió, y comparte máscaras con {silent_count} entidades que dejaron de "
                "responder antes",
                entity=entity,
                silent_count=len(silent),
            )
        )
    for name in silent:
        add_pair_mask(result, name, entity, disclosed[entity].pair_mask_keys[name])
