"""Ledger entries: leaves, and the salted commitments that tie them to bodies kept beside the log.

A leaf is RFC 8785 JSON ``{"commitment","id","time","type","v"}`` and holds nothing about anybody: the id is random,
the commitment is SHA-256(salt || body) with a 32-byte random salt, so that a body whose salt was destroyed cannot be
guessed.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import AfterValidator, AwareDatetime

from consent_ledger.errors import EntryInvalid
from presentation.messages import _
from trust import canonical
from trust.canonical_model import CanonicalModel
from trust.errors import MalformedDocument

SALT_BYTES: Final = 32
ENTRY_ID_BYTES: Final = 16
MAX_LEAF_BYTES: Final = 65_535
"""Bound of tlog-tiles on an entry; ours are under 300 bytes."""
MAX_BODY_BYTES: Final = 65_535


class EntryType(StrEnum):
    """The types of entry. The names are in the leaves for ever: add, never rename."""

    CONSENT_GIVEN = "consent_given"
    CONSENT_RENEWED = "consent_renewed"
    CONSENT_REFUSED = "consent_refused"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_EXPIRED = "consent_expired"
    CONSENT_ENDED = "consent_ended"
    CONSENT_CONFIRMED = "consent_confirmed"
    CONSENT_DECLINED = "consent_declined"
    RELEASE = "release"
    REFUSAL = "refusal"
    RELEASE_RECEIVED = "release_received"
    WITHDRAWAL_ACKNOWLEDGED = "withdrawal_acknowledged"
    WITHDRAWAL_RECEIVED = "withdrawal_received"
    REFERRAL = "referral"
    TRAINING_APPROVED = "training_approved"
    TRAINING_REFUSED = "training_refused"
    TRAINING_WITHDRAWN = "training_withdrawn"
    TRAINING_CONTRIBUTED = "training_contributed"
    KEY_CHANGED = "key_changed"
    POLICY_CHANGED = "policy_changed"
    ACCESS_REPORT_ISSUED = "access_report_issued"
    RECORD_READ = "record_read"
    RECEIPT_ISSUED = "receipt_issued"
    CARD_ISSUED = "card_issued"
    CARD_BLOCKED = "card_blocked"
    IDENTITY_DECIDED = "identity_decided"
    PERSON_CHANGED = "person_changed"
    ERASURE = "erasure"


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


UtcTime = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""An aware time, kept in UTC so that one moment has one encoding."""


class Body(CanonicalModel):
    """The content that an entry commits to."""

    entry_types: ClassVar[tuple[EntryType, ...]] = ()
    """The types of entry that may have this body."""


_KINDS: Final = {kind.value.encode(): kind for kind in EntryType}
# A leaf has one form, so that matching it is both parsing it and proving it canonical.
_LEAF: Final = re.compile(
    rb'\{"commitment":"([0-9a-f]{64})","id":"([0-9a-f]{32})",'
    rb'"time":"([1-9][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)","type":"([a-z_]{1,40})","v":1\}'
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """The content of a leaf, read back from its bytes."""

    type: EntryType
    id: str
    time: datetime
    commitment: str

    def document(self) -> dict[str, Any]:
        """Return the leaf as a JSON document."""
        return {"v": 1, "type": self.type.value, "id": self.id, "time": encode_time(self.time)} | {
            "commitment": self.commitment
        }

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a leaf.

        Raises:
            MalformedDocument: not a leaf, or not in its one canonical form.
        """
        found = _LEAF.fullmatch(data)
        if found is None:
            raise MalformedDocument(_("no es una anotación del registro en su forma canónica"))
        commitment, entry_id, time, kind = found.groups()
        try:
            return cls(_KINDS[kind], entry_id.decode(), datetime.fromisoformat(time.decode()), commitment.decode())
        except KeyError as error:
            raise MalformedDocument(
                _("no es una anotación del registro: no existe el tipo {kind}", kind=kind.decode())
            ) from error
        except ValueError as error:
            raise MalformedDocument(_("no es una anotación del registro: su hora no existe")) from error


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry to be written: its type and the body it commits to."""

    type: EntryType
    body: Body

    def __post_init__(self) -> None:
        if self.type not in self.body.entry_types:
            raise EntryInvalid(
                _(
                    "una anotación {type} no puede llevar un contenido {body}",
                    type=self.type,
                    body=type(self.body).__name__,
                )
            )


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """An entry ready for the log: its leaf, and the body and salt to be kept beside it."""

    entry_id: str
    leaf: bytes
    body: bytes
    salt: bytes


def encode_time(moment: datetime) -> str:
    """Return RFC 3339 in UTC with microseconds: always 27 characters, so that text order is time order."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def encode_leaf(kind: EntryType, entry_id: str, time: datetime | str, commitment: str) -> bytes:
    """Return the RFC 8785 bytes of a leaf. Every value is plain ASCII, so that formatting is encoding."""
    moment = time if isinstance(time, str) else encode_time(time)
    return (f'{{"commitment":"{commitment}","id":"{entry_id}","time":"{moment}","type":"{kind.value}","v":1}}').encode()


def commits_to(commitment: str, salt: bytes, document: dict[str, Any]) -> bool:
    """Return whether a commitment is to this body: under the quick encoding of our bodies, else under the general one.

    Raises:
        MalformedDocument: the document has no canonical form.
    """
    if commitment_of(salt, canonical.encode_plain(document)) == commitment:
        return True
    return commitment_of(salt, canonical.encode(document)) == commitment


def commitment_of(salt: bytes, body: bytes) -> str:
    """Return SHA-256(salt || body) in hex."""
    return sha256(salt + body).hexdigest()


def seal_entry(entry: NewEntry, time: str) -> SealedEntry:
    """Draw id and salt from the operating system and make the leaf.

    Raises:
        EntryInvalid: the body is larger than 65,535 bytes.
    """
    body = entry.body.canonical()
    if len(body) > MAX_BODY_BYTES:
        raise EntryInvalid(
            _(
                "el contenido ocupa {body_count} bytes, más de los {max_body_bytes} permitidos",
                body_count=len(body),
                max_body_bytes=MAX_BODY_BYTES,
            )
        )
    random = secrets.token_bytes(SALT_BYTES + ENTRY_ID_BYTES)
    salt, entry_id = random[:SALT_BYTES], random[SALT_BYTES:].hex()
    leaf = encode_leaf(entry.type, entry_id, time, commitment_of(salt, body))
    return SealedEntry(entry_id, leaf, body, salt)
