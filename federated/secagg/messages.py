"""The messages of entities in a secure sum, and the checks of their form."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from federated.errors import MaskedMessageInvalid
from federated.secagg.cohort import Cohort
from federated.secagg.derivation import KEY_BYTES, NONCE_BYTES, TAG_BYTES, MaskVector
from federated.secagg.shares import SHARE_BYTES
from presentation.messages import _

SEALED_SHARE_BYTES: Final = NONCE_BYTES + SHARE_BYTES + TAG_BYTES


@dataclass(frozen=True, slots=True, eq=False)
class MaskedInput:
    """An entity's masked vector with the shares of its self mask; alone it reveals nothing about the vector.

    Attributes:
        vector: (length,) uint64, uniform over Z_2^64.
        shares: for each holder, the share sealed to it, 60 bytes.
    """

    vector: MaskVector
    shares: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class UnmaskingResponse:
    """An entity's one response to the list of survivors; it opens only if enough of the committee got the same list.

    Attributes:
        sealed: the disclosed secrets, sealed under a key of their own.
        key_shares: for each surviving holder, the share of that key, sealed under that holder's attestation, 60 bytes.
        attestations: from a committee member, for each other survivor, the key that opens its share of that survivor's
            response, 32 bytes; empty from all others.
    """

    sealed: bytes
    key_shares: Mapping[str, bytes]
    attestations: Mapping[str, bytes]


def check_input(cohort: Cohort, entity: str, masked: MaskedInput, length: int) -> None:
    """Check the form of a masked input on arrival; a wrong one must not enter the list of survivors.

    Args:
        cohort: of the campaign.
        entity: its sender.
        masked: the input.
        length: of the round's vectors.

    Raises:
        MaskedMessageInvalid: an entity outside the cohort, or a vector or shares of another form.
    """
    if entity not in cohort.keys:
        raise MaskedMessageInvalid(_("no está en la cohorte"), entity=entity)
    if masked.vector.dtype != np.uint64 or masked.vector.shape != (length,):
        raise MaskedMessageInvalid(_("no es un vector enmascarado de {length} números", length=length), entity=entity)
    _check_parts(masked.shares, cohort.holders(entity), SEALED_SHARE_BYTES, entity)


def check_response(cohort: Cohort, entity: str, answer: UnmaskingResponse, survivors: Collection[str]) -> None:
    """Check the form of a response on arrival.

    Raises:
        MaskedMessageInvalid: not from a survivor, or not of the form for these survivors.
    """
    if entity not in survivors or entity not in cohort.keys:
        raise MaskedMessageInvalid(_("no está entre las entidades que siguen en la ronda"), entity=entity)
    disclosed = sum(map(len, cohort.disclosures(entity, survivors)))
    if len(answer.sealed) != NONCE_BYTES + KEY_BYTES * disclosed + TAG_BYTES:
        raise MaskedMessageInvalid(
            _("la respuesta no corresponde a esta lista de entidades que siguen en la ronda"), entity=entity
        )
    asked = [holder for holder in cohort.holders(entity) if holder in survivors]
    _check_parts(answer.key_shares, asked, SEALED_SHARE_BYTES, entity)
    attested = [name for name in survivors if name != entity] if cohort.is_member(entity) else []
    _check_parts(answer.attestations, attested, KEY_BYTES, entity)


def _check_parts(parts: Mapping[str, bytes], names: Collection[str], size: int, entity: str) -> None:
    if set(parts) != set(names) or any(len(part) != size for part in parts.values()):
        raise MaskedMessageInvalid(_("las partes del mensaje no son las del protocolo"), entity=entity)
