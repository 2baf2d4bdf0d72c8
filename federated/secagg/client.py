"""An entity's side of the secure sum: one masked input a round, and one response that unmasks the whole sum only."""

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
    """Return the key of an entity's self mask, 32 bytes, from the seed shared among its holders."""
    return derive(seed, binding.info("self-mask", entity.encode()))


def response_key(binding: RoundBinding, entity: str, secret: bytes) -> bytes:
    """Return the key of an entity's response, 32 bytes, from the secret shared among the committee."""
    return derive(secret, binding.info("answer", entity.encode()))


def add_pair_mask(total: MaskVector, entity: str, peer: str, key: bytes) -> None:
    """Add to `total` the mask of the pair (`entity`, `peer`): the first by name adds it, the other subtracts it."""
    mask = expand(key, len(total))
    if entity < peer:
        total += mask
    else:
        total -= mask


class Masker:
    """One entity in one campaign's secure sums.

    The caller must ensure two things. `context` is computed from the request that this entity received, never taken
    from a message. Each round is masked once and unmasked once: the bytes are stored before they leave, and a repeated
    request gets the same bytes. A second response, for another list of survivors, would break the first's protection.
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
            context: digest of the round's request, 32 bytes.
            vector: (length,) int64; the caller's bounds keep its sums within 64 bits.
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
        """Return the response for a list of survivors: self-mask shares of survivors, pair masks of dropped entities.

        Args:
            round_number: of the campaign.
            context: digest of the round's request, 32 bytes; the same as in `mask`.
            survivors: the entities in the sum.
            shares: the share that each survivor sealed to this entity; empty outside the committee.
            minimum_cohort: of the manifest.

        Raises:
            SecureSumRefused: this entity is not in the list, or the list or the shares do not follow the protocol.
            MaskedMessageInvalid: a share was not sealed for this entity, round and context by that survivor.
        """
        # (1) the sum includes this entity, over a list that every honest entity would accept
        listed = frozenset(survivors)
        if self._entity not in listed:
            raise SecureSumRefused(_("esta entidad no participa en la suma que se pide"))
        self._cohort.check_survivors(listed, minimum_cohort)
        # (2) exactly the shares that belong to the list, so that no entity counts as survivor and as dropped
        held, dropped = self._cohort.disclosures(self._entity, listed)
        if set(shares) != set(held):
            raise SecureSumRefused(_("las partes recibidas no son las de las entidades que siguen en la ronda"))
        # (3) each share was sealed for this round by its sender
        binding = RoundBinding.of(self._cohort.sha256, round_number, context)
        disclosed = [self._open_share(binding, name, shares[name]) for name in held]
        disclosed += [self._pair_mask_key(binding, name) for name in dropped]
        # (4) it opens only if the committee agrees. The caller ensures that it is the only response in the round
        return self._seal_answer(binding, listed, b"".join(disclosed))

    def pair_secret(self, peer: str) -> bytes:
        """Return the 32-byte secret shared with another entity in this campaign, from which keys are derived."""
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

    def _attestation(self, binding: RoundBinding, member: str, responder: str, digest: bytes) -> bytes:
        # The key with which `member` opens its share of the response of `responder`, for one list of survivors.
        peer = responder if member == self._entity else member
        return derive(self._secret(peer), binding.info("attest", member.encode(), responder.encode(), digest))

    def _pair_mask_key(self, binding: RoundBinding, peer: str) -> bytes:
        return derive(self._secret(peer), binding.info("mask"))

    def _secret(self, peer: str) -> bytes:
        known = self._secrets.get(peer)
        if known is None:
            names = self._entity, peer
            known = pair_secret(self._private_key, self._cohort.keys[peer], self._cohort.sha256, names)
            self._secrets[peer] = known
        return known
