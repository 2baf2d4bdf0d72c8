"""The private locator's terms in the signed directory: the keys of pseudonyms, and their periods.

An epoch may have several key holders. A network pseudonym needs the evaluation of each of them, so that none can
compute it alone; see `records_exchange.network_pseudonym`.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from presentation.messages import _
from trust import canonical
from trust.key_proofs import HexSignature
from trust.parties import EntityId, HexKey

MAX_KEY_HOLDERS: Final = 8
MAX_EPOCHS: Final = 4
LONGEST_OVERLAP: Final = timedelta(days=90)
"""Longest time for which an epoch is answered after its successor began."""


class KeyStatementRecord(BaseModel):
    """The signed statement of an entity that a key is its own; `records_exchange.key_holding.statements` checks it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    payload: str = Field(max_length=1000, description="JSON, exactly as it was signed")
    by_signing: HexSignature = Field(description="by the entity's signing key")
    possession: HexSignature = Field(description="by the key itself: a Schnorr proof over the payload")


class HeldKey(BaseModel):
    """The public key (ristretto255) of one key holder: the coordinator, or an entity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    holder: EntityId
    public_key: HexKey
    statement: KeyStatementRecord | None = Field(default=None, description="of an entity; the coordinator needs none")


class LocatorEpoch(BaseModel):
    """The keys of one period. Its number and keys never change; `ends` is set when its successor begins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1, le=1_000_000)
    keys: tuple[HeldKey, ...] = Field(min_length=1, max_length=MAX_KEY_HOLDERS)
    started: AwareDatetime
    ends: AwareDatetime | None = Field(default=None, description="after this nobody answers under it any more")

    @model_validator(mode="after")
    def _one_key_per_holder(self) -> Self:
        if len({key.holder for key in self.keys}) != len(self.keys):
            raise ValueError(_("un custodio de claves está dos veces"))
        if len({key.public_key for key in self.keys}) != len(self.keys):
            # With one key for two holders, either of them could compute every pseudonym alone.
            raise ValueError(_("dos custodios tienen la misma clave"))
        return self

    @property
    def holders(self) -> frozenset[str]:
        """The ids of the key holders."""
        return frozenset(key.holder for key in self.keys)

    def key_of(self, holder: str) -> HeldKey | None:
        """Return the key of a holder, None when it holds none of this epoch."""
        return next((key for key in self.keys if key.holder == holder), None)

    @property
    def fingerprint(self) -> str:
        """An identifier of number and keys, 16 hex digits; other keys give another one."""
        document = {"number": self.number, "keys": {key.holder: key.public_key for key in self.keys}}
        return hashlib.sha256(b"redpact/locator-epoch/v1|" + canonical.encode(document)).hexdigest()[:16]

    def live(self, now: datetime) -> bool:
        """Return whether questions of this epoch are answered."""
        return self.ends is None or now < self.ends


class LocatorTerms(BaseModel):
    """The epochs that are answered, oldest first; two during a rotation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: tuple[LocatorEpoch, ...] = Field(min_length=1, max_length=MAX_EPOCHS)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        numbers = [epoch.number for epoch in self.epochs]
        if numbers != sorted(set(numbers)):
            raise ValueError(_("las épocas han de estar una vez cada una, por orden de número"))
        return self

    def live(self, now: datetime) -> Iterator[LocatorEpoch]:
        """Iterate over the epochs that are answered now, oldest first."""
        return (epoch for epoch in self.epochs if epoch.live(now))

    def agrees_with(self, other: "LocatorTerms") -> bool:
        """Return whether every epoch that both have has the same keys in both."""
        known = {epoch.number: epoch.fingerprint for epoch in other.epochs}
        return all(known.get(epoch.number, epoch.fingerprint) == epoch.fingerprint for epoch in self.epochs)

    def continues(self, known: "LocatorTerms") -> bool:
        """Return whether these terms may follow `known`.

        No known epoch has other keys or a later end, and a new one has a higher number than every known one: an epoch
        that was left does not come back, none is slipped in before those in use, and none lives on.
        """
        ends = {epoch.number: epoch.ends for epoch in known.epochs if epoch.ends is not None}
        longer = [
            epoch
            for epoch in self.epochs
            if epoch.number in ends and (epoch.ends is None or epoch.ends > ends[epoch.number])
        ]
        newest = known.epochs[-1].number
        numbers = {epoch.number for epoch in known.epochs}
        added = [epoch.number for epoch in self.epochs if epoch.number not in numbers]
        return (
            not longer
            and self.agrees_with(known)
            and self.epochs[-1].number >= newest
            and all(each > newest for each in added)
        )
