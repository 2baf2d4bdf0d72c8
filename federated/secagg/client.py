"""An entity's side of the secure sum: one masked input a round, and one answer that opens the sum and nothing less."""

import secrets
from collections.abc import Collection, Mapping

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from federated.errors import MaskedMessageInvalid, SecureSumRefused
from federated.privacy.quantisation import IntVector
from federated.secagg.cohort import Cohort
from federated.secagg.derivation import (
    MaskVector,
    RoundBinding,
    derive,
    expand,
    pair_secret,
    seal,
    survivors_sha256,
    unseal,
)
from federated.secagg.keys import public_key
from federated.secagg.messages import MaskedInput, UnmaskingResponse
from federated.secagg.shares import SECRET_BYTES, SHARE_BYTES, split
from presentation.messages import _


def self_mask_key(binding: RoundBinding, entity: str, seed: bytes) -> bytes:
    """Return the key of an entity's self mask, 32 bytes, from the seed that its holders share."""
    return derive(seed, binding.info("self-mask", entity.encode()))


def response_key(binding: RoundBinding, entity: str, secret: bytes) -> bytes:
    """Return the key of an entity's answer, 32 bytes, from the secret that the committee shares."""
    return derive(secret, binding.info("answer", entity.encode()))


def add_pair_mask(total: MaskVector, entity: str, peer: str, key: bytes) -> None:
    """Add to `total` what `entity` adds for its pair with `peer`: what one of the two adds, the other subtracts."""
    mask = expand(key, len(total))
    if entity < peer:
        total += mask
    else:
        total -= mask


class Masker:
    """One entity in one campaign's secure sums.

    The caller owes two things that cannot be seen from here: `context` is computed from what this entity was told,
    never taken from a message; and each round is masked once and answered once, the bytes stored before they leave and
    sent again when asked again. A second answer for another list would undo all that the first one protects.
    """

    def __init__(self, cohort: Cohort, entity: str, private_key: bytes) -> None:
        if cohort.keys.get(entity) != public_key(private_key):
            raise SecureSumRefused(_("la cohorte tiene otra clave para {entity}, o no tiene ninguna", entity=entity))
        self._cohort = cohort
        self._entity = entity
        self._private_key = X25519PrivateKey.from_private_bytes(private_key)
        self._secrets: dict[str, bytes] = {}

    def mask(self, round_number: int, context: bytes, vector: IntVector) -> MaskedInput:
        """Mask a vector.

        Args:
            round_number: of the campaign.
            context: digest of what the round asks, 32 bytes.
            vector: (length,) int64; sums of it must fit 64 bits, which the caller's bounds see to.
        """
        binding = RoundBinding.of(self._cohort.sha256, round_number, context)
        seed = secrets.token_bytes(SECRET_BYTES)
        total = vector.astype(np.uint64)
        total += expand(self_mask_key(binding, self._entity, seed), len(total))
        for peer in self._cohort.partners(self._entity):
            add_pair_mask(total, self._entity, peer, self._pair_mask_key(binding, peer))
        return MaskedInput(total, self._seal_shares(binding, seed))

    def unmask(
        self,
        round_number: int,
        context: bytes,
        survivors: Collection[str],
        shares: Mapping[str, bytes],
        minimum_cohort: int,
    ) -> UnmaskingResponse:
        """Answer for a list of survivors: a share of the self mask of each, the pair masks of those that fell silent.

        Args:
            round_number: of the campaign.
            context: digest of what the round asks, 32 bytes; the same as in `mask`.
            survivors: the entities over which the sum is to be.
            shares: what each survivor sealed to this entity; empty when this entity is not of the committee.
            minimum_cohort: of the manifest.

        Raises:
            SecureSumRefused: this entity is not in the list, or the list or the shares do not follow the protocol.
            MaskedMessageInvalid: a share was not sealed for this entity, round and context by that survivor.
        """
        # (1) the sum includes our own part, over a list that every honest entity would accept
        listed = frozenset(survivors)
        if self._entity not in listed:
            raise SecureSumRefused(_("esta entidad no participa en la suma que se pide"))
        self._cohort.check_survivors(listed, minimum_cohort)
        # (2) exactly the shares that belong to the list: so nobody is both among the survivors and silent
        held, silent = self._cohort.disclosures(self._entity, listed)
        if set(shares) != set(held):
            raise SecureSumRefused(_("las partes recibidas no son las de las entidades que siguen en la ronda"))
        # (3) each share was sealed for this round by its sender
        binding = RoundBinding.of(self._cohort.sha256, round_number, context)
        disclosed = [self._open_share(binding, name, shares[name]) for name in held]
        disclosed += [self._pair_mask_key(binding, name) for name in silent]
        # (4) it opens only where the committee agreed. Not done here: that this is our only answer in the round
        return self._seal_answer(binding, listed, b"".join(disclosed))

    def pair_secret(self, peer: str) -> bytes:
        """Return the 32 bytes that this entity and another one share in this campaign; keys are derived from it."""
        return self._secret(peer)

    def _seal_shares(self, binding: RoundBinding, seed: bytes) -> dict[str, bytes]:
        shares = split(seed, self._cohort.terms.size, self._cohort.holders_needed(self._entity))
        sealed = {}
        for holder, index in self._cohort.holders(self._entity).items():
            use = binding.info("share", self._entity.encode(), holder.encode())
            sealed[holder] = seal(derive(self._secret(holder), use), shares[index - 1], use)
        return sealed

    def _open_share(self, binding: RoundBinding, sender: str, sealed: bytes) -> bytes:
        use = binding.info("share", sender.encode(), self._entity.encode())
        share = unseal(derive(self._secret(sender), use), sealed, use)
        if share is None or len(share) != SHARE_BYTES:
            raise MaskedMessageInvalid(_("su parte no está sellada para esta ronda"), entity=sender)
        return share

    def _seal_answer(self, binding: RoundBinding, survivors: frozenset[str], disclosed: bytes) -> UnmaskingResponse:
        digest, own = survivors_sha256(survivors), self._entity
        secret = secrets.token_bytes(SECRET_BYTES)
        shares = split(secret, self._cohort.terms.size, self._cohort.holders_needed(own))
        key_shares = {
            holder: seal(self._attestation(binding, holder, own, digest), shares[index - 1], digest)
            for holder, index in self._cohort.holders(own).items()
            if holder in survivors
        }
        others = [name for name in survivors if name != own] if self._cohort.is_member(own) else []
        attestations = {name: self._attestation(binding, own, name, digest) for name in others}
        return UnmaskingResponse(seal(response_key(binding, own, secret), disclosed, digest), key_shares, attestations)

    def _attestation(self, binding: RoundBinding, member: str, answerer: str, digest: bytes) -> bytes:
        # The key by which `member` lets open its share of the answer of `answerer`, for one list of survivors.
        peer = answerer if member == self._entity else member
        return derive(self._secret(peer), binding.info("attest", member.encode(), answerer.encode(), digest))

    def _pair_mask_key(self, binding: RoundBinding, peer: str) -> bytes:
        return derive(self._secret(peer), binding.info("mask"))

    def _secret(self, peer: str) -> bytes:
        known = self._secrets.get(peer)
        if known is None:
            names = self._entity, peer
            known = pair_secret(self._private_key, self._cohort.keys[peer], self._cohort.sha256, names)
            self._secrets[peer] = known
        return known
