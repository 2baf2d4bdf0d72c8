"""Network pseudonyms and the tokens made of them, by which the locator serves people whose documents it never sees.

The pseudonym of a person is a hash over the RFC 9497 (VOPRF) outputs of every key holder of an epoch, for one input:
network and document. Without the output of any one key holder it cannot be computed, which is the use of a second one.
A pseudonym stays at the node that computed it. The coordinator keeps, and is asked for, tokens: an HMAC over asker and
purpose under the pseudonym, so that the tokens of one person cannot be linked without it.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from presentation.messages import _
from records_exchange import oprf
from records_exchange.errors import OprfProofInvalid, OprfValueInvalid
from trust.locator_terms import LocatorEpoch

PSEUDONYM_BYTES: Final = 32
_INPUT: Final = b"redpact/locator-input/v1"
_PSEUDONYM: Final = b"redpact/network-pseudonym/v1"
_TOKEN: Final = b"redpact/locator-token/v1"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The unverified answer of a key holder for a batch."""

    elements: tuple[bytes, ...]
    proof: bytes


class PseudonymQuery:
    """The client's side of one batch: blinds documents for every key holder, verifies and combines the evaluations."""

    def __init__(self, network: str, epoch: LocatorEpoch, documents: Sequence[str]) -> None:
        """Blind the documents, for each key holder with blinds of its own.

        Args:
            network: the network's name; the same document has another pseudonym elsewhere.
            epoch: the epoch, from the verified directory.
            documents: in their canonical form, ``kind|number``.

        Raises:
            OprfInputInvalid: a document that cannot be an input.
        """
        self._network = network
        self._epoch = epoch
        self._inputs = [locator_input(network, document) for document in documents]
        self._blinded = {key.holder: [oprf.blind(data) for data in self._inputs] for key in epoch.keys}

    def elements(self, key_holder: str) -> tuple[bytes, ...]:
        """Return the blinded points for one key holder, which disclose nothing."""
        return tuple(each.element for each in self._blinded[key_holder])

    def finish(self, evaluations: Mapping[str, Evaluation]) -> tuple[bytes, ...]:
        """Verify every evaluation under the directory's keys and return the pseudonyms, in the order of the documents.

        Raises:
            OprfProofInvalid: a key holder is missing, or did not use the key of the directory for all of the batch.
            OprfValueInvalid: an evaluation holds no valid elements.
        """
        outputs = {key.holder: self._outputs(key.holder, key.public_key, evaluations) for key in self._epoch.keys}
        return tuple(
            combine(self._network, self._epoch, {holder: found[index] for holder, found in outputs.items()})
            for index in range(len(self._inputs))
        )

    def _outputs(self, holder: str, public_key: str, evaluations: Mapping[str, Evaluation]) -> list[bytes]:
        evaluation = evaluations.get(holder)
        if evaluation is None:
            raise OprfProofInvalid(
                _("{holder}, que guarda una de las claves, no envió su evaluación", holder=holder),
                remedy=_("inténtelo más tarde"),
            )
        sent = self.elements(holder)
        if len(evaluation.elements) != len(sent):
            raise OprfValueInvalid(_("{holder}, que guarda una de las claves, respondió a otro lote", holder=holder))
        try:
            oprf.verify_proof(bytes.fromhex(public_key), sent, evaluation.elements, evaluation.proof)
        except (OprfProofInvalid, OprfValueInvalid) as error:
            raise type(error)(
                _("{holder}, que guarda una de las claves: {reason}", holder=holder, reason=error.message),
                remedy=_("avise a esa entidad y a la Gerencia; hasta entonces, pregunte con --from"),
            ) from error
        return [
            oprf.finalize(data, each.blind, element)
            for data, each, element in zip(self._inputs, self._blinded[holder], evaluation.elements, strict=True)
        ]


def locator_input(network: str, document: str) -> bytes:
    """Return the input of the oblivious function for a document in its canonical form, ``kind|number``."""
    return b"|".join((_INPUT, network.encode().hex().encode(), document.encode()))


def combine(network: str, epoch: LocatorEpoch, outputs: Mapping[str, bytes]) -> bytes:
    """Return the pseudonym, 32 bytes, from the outputs of all key holders of an epoch.

    Args:
        network: the network's name.
        epoch: the epoch; number and keys are part of what is hashed.
        outputs: the 64-byte output of RFC 9497 by key holder.

    Raises:
        OprfProofInvalid: not exactly one output of each key holder.
    """
    if set(outputs) != {key.holder for key in epoch.keys}:
        raise OprfProofInvalid(
            _("un seudónimo necesita el resultado de todas las entidades que guardan una clave de la época")
        )
    digest = hashlib.sha512()
    parts = [_PSEUDONYM, network.encode(), epoch.fingerprint.encode()]
    for holder in sorted(outputs):
        parts += [holder.encode(), outputs[holder]]
    for part in parts:
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest()[:PSEUDONYM_BYTES]


def locator_token(pseudonym: bytes, asker: str, purpose: str) -> str:
    """Return the token, 64 hex digits, under which a holder's consent for `asker` and `purpose` is published."""
    # Neither an entity id nor a purpose can hold the separator.
    return hmac.digest(pseudonym, b"|".join((_TOKEN, asker.encode(), purpose.encode())), "sha256").hex()


def published_until(valid_until: datetime, now: datetime) -> datetime | None:
    """Return the end of an entry for a consent, None when the consent has no entry any more.

    The exact end of a consent would link the entries made from it: it is cut to the day (UTC), on the last day to the
    hour. An entry may therefore end early, and never late.
    """
    moment = valid_until.astimezone(now.tzinfo)
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    hour = moment.replace(minute=0, second=0, microsecond=0)
    return next((end for end in (day, hour) if end > now), None)
