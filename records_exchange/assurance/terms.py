"""The terms of a consent as a proof binds them: exactly what the person agreed to, and its digest.

A proof (`records_exchange.assurance.evidence`) is over the digest, so that it serves for these terms and no others.
"""

import hashlib
from typing import Annotated, Literal, Self

from pydantic import Field

from consent_ledger.log.actors import Actor
from consent_ledger.log.bodies import ConsentBody
from consent_ledger.log.entry import UtcTime
from consent_ledger.log.field_types import Code, HexDigest, Reference
from trust.canonical_model import CanonicalModel
from trust.parties import EntityId


class ConsentTerms(CanonicalModel):
    """The terms of a consent, at the entity where it was given.

    Attributes:
        consent_id: random id of the consent.
        origin: the entity where it was given.
        fields: catalogue ids, sorted.
        purposes: vocabulary ids, sorted.
        recipients: entity ids, sorted.
        holders: entity ids of the other holders, sorted.
        valid_from: beginning of its validity.
        valid_until: its end.
        agreed_at: time of the person's act; None in records from before it was recorded.
        acted_by: the person or a guardian.
        guardian_relation: of a guardian who acted.
        notice_sha256: digest of the notice that the person was shown.
    """

    v: Literal[1] = 1
    consent_id: Reference
    origin: EntityId
    fields: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]
    purposes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]
    recipients: Annotated[tuple[EntityId, ...], Field(min_length=1, max_length=400)]
    holders: Annotated[tuple[EntityId, ...], Field(max_length=400)]
    valid_from: UtcTime
    valid_until: UtcTime
    agreed_at: UtcTime | None
    acted_by: Actor
    guardian_relation: Code | None
    notice_sha256: HexDigest

    @classmethod
    def of(cls, record: ConsentBody) -> Self:
        """Return the terms of a consent record of its origin, not of one that a holder adopted."""
        return cls(
            consent_id=record.consent_id,
            origin=record.controller,
            fields=tuple(sorted(record.fields)),
            purposes=tuple(sorted(record.purposes)),
            recipients=tuple(sorted(record.recipients)),
            holders=tuple(sorted(record.holders)),
            valid_from=record.valid_from,
            valid_until=record.valid_until,
            agreed_at=record.agreed_at,
            acted_by=record.acted_by,
            guardian_relation=record.guardian.relation if record.guardian else None,
            notice_sha256=record.notice.sha256,
        )

    @property
    def digest(self) -> str:
        """SHA-256, hex, of the canonical form (RFC 8785)."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def within(self, wider: Self) -> bool:
        """Return whether somebody who agreed to `wider` agreed to these: the same act, and nothing beyond it."""
        same = ("v", "consent_id", "origin", "agreed_at", "acted_by", "guardian_relation", "notice_sha256")
        parts = ("fields", "purposes", "recipients", "holders")
        return (
            all(getattr(self, name) == getattr(wider, name) for name in same)
            and all(set(getattr(self, name)) <= set(getattr(wider, name)) for name in parts)
            and wider.valid_from <= self.valid_from
            and self.valid_until <= wider.valid_until
        )
