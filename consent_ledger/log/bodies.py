"""The bodies of ledger entries, one model a kind of event.

Consents follow the fields of ISO/IEC TS 27560:2023 in the terms of the W3C Data Privacy Vocabulary (w3c/dpv,
``guides/consent-27560.html``): jsonld.py maps them. People appear only by `person_ref`, a random id of the node.
"""

from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field, ValidationError

from consent_ledger.log.card_bodies import CardBlockedBody, CardIssuedBody
from consent_ledger.log.end_bodies import ConsentEndedBody, ExpiryBody
from consent_ledger.log.entry import Body, EntryType, UtcTime
from consent_ledger.log.field_types import Code, Codes, Decimal, HexDigest, Reference, Text
from consent_ledger.log.given_elsewhere import ConfirmationBody, ConsentOrigin
from consent_ledger.log.person_bodies import IdentityDecidedBody, PersonChangedBody
from consent_ledger.log.reading_bodies import PaperDigest, ReceiptIssuedBody, RecordReadBody
from presentation.faults import first_fault
from presentation.messages import _
from trust.errors import MalformedDocument
from trust.parties import EntityId

RECORD_PROFILE: Final = "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"
CONSENT_BASIS: Final = "eu-gdpr:A6-1-a"
EXPLICIT_CONSENT_BASIS: Final = "eu-gdpr:A9-2-a"

RIGHTS: Final = tuple(f"eu-gdpr:A{article}" for article in ("7-3", "13", "15", "16", "17", "18", "20", "21", "77"))
"""Rights that the notice explains, as DPV names them."""

CaseAccessCode = Literal["team", "opened"]
"""The professional's way to the case. Bodies written before it was recorded have none."""


class Actor(StrEnum):
    """The person who acted on a consent."""

    PERSON = "person"
    GUARDIAN = "guardian"


class Guardian(Body):
    """The representative of a person under 14 or with support measures (LOPDGDD art. 7, Ley 8/2021)."""

    relation: Code
    reference: Reference


class Notice(Body):
    """The notice that was shown to the person, pinned by the hash of its exact text."""

    id: Reference
    version: Reference
    sha256: HexDigest


class PartyDetail(Body):
    """An entity of a consent, as the network's directory named it on the day."""

    id: EntityId
    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Code


class ConsentBody(Body):
    """A consent as given, renewed or refused: the whole record each time, so that an entry stands by itself.

    Values that are the same in every consent of today are written too: a record must not change its meaning when a
    later version of the program has other constants.
    """

    entry_types: ClassVar = (EntryType.CONSENT_GIVEN, EntryType.CONSENT_RENEWED, EntryType.CONSENT_REFUSED)

    profile: Literal["https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"] = RECORD_PROFILE
    consent_id: Reference
    person_ref: Reference
    controller: EntityId
    fields: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]
    special_fields: Codes = ()
    """Those of `fields` that are special categories of data (GDPR art. 9)."""
    purposes: Annotated[tuple[Code, ...], Field(min_length=1, max_length=20)]
    purpose_types: Annotated[tuple[Code, ...], Field(max_length=20)] = ()
    """The DPV term of each purpose, in their order."""
    recipients: Annotated[tuple[EntityId, ...], Field(min_length=1, max_length=400)]
    parties: Annotated[tuple[PartyDetail, ...], Field(max_length=801)] = ()
    """The controller, the other holders and the recipients by name."""
    holders: Annotated[tuple[EntityId, ...], Field(max_length=400)] = ()
    """Other entities that are to share their data under this one signature."""
    origin: ConsentOrigin | None = None
    """The entity and entry in which it was given; None when it was given here."""
    lawful_basis: Code = CONSENT_BASIS
    valid_from: UtcTime
    valid_until: UtcTime
    agreed_at: UtcTime | None = None
    """The time at which the person last gave or renewed it. Narrowing it is no new agreement."""
    known_ends: Annotated[tuple[HexDigest, ...], Field(max_length=200)] | None = None
    """Withdrawals that its origin knew of when the person agreed (`consents.order`): it was given after them. None
    where nobody else holds it, and in entries written before this was recorded."""
    acted_by: Actor
    guardian: Guardian | None = None
    notice: Notice
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
    method: Code
    withdrawal_method: Code = "any-entity"
    processing: Codes = ("dpv:Collect", "dpv:Store", "dpv:Share")
    storage_locations: Codes = ()
    geographic_restriction: Code = "dpv:EEA"
    retention: Code = "redpact:retention:consents"
    """The rule of the network's retention schedule that says how long the record itself is kept."""
    rights: Codes = RIGHTS
    authority: Code = "www.aepd.es"
    jurisdiction: Code = "ES-CL"
    evidence_sha256: HexDigest | None = None


class WithdrawalBody(Body):
    """The person, or the guardian, withdraws a consent (GDPR art. 7.3)."""

    entry_types: ClassVar = (EntryType.CONSENT_WITHDRAWN,)

    consent_id: Reference
    person_ref: Reference
    acted_by: Actor
    guardian: Guardian | None = None
    method: Code
    reason: Code | None = None
    entity: EntityId | None = None
    """The entity that signed that the person withdrew there; None when that was here."""
    acted_at: UtcTime | None = None
    """The time of a withdrawal elsewhere; the entry has the time at which this entity learned of it."""
    statement_sha256: HexDigest | None = None
    """Digest of what that entity signed; None when it was here, or stood in a message of its own."""


class WithheldField(Body):
    """A field that was asked for and not released."""

    field: Code
    reason: Code


class ReleaseBody(Body):
    """Fields that left this entity, with recipient, purpose and consents. Never a value."""

    entry_types: ClassVar = (EntryType.RELEASE,)

    request_id: Reference
    request_sha256: HexDigest
    person_ref: Reference
    recipient: EntityId
    purpose: Code
    role: Code
    fields: Annotated[tuple[Code, ...], Field(min_length=1, max_length=200)]
    consents: Annotated[tuple[Reference, ...], Field(min_length=1, max_length=200)]
    withheld: Annotated[tuple[WithheldField, ...], Field(max_length=200)] = ()
    policy_sha256: HexDigest
    case_ref: Reference | None = None
    case_access: CaseAccessCode | None = None
    opening_reason: Code | None = None
    content_sha256: HexDigest | None = None
    identity: Code | None = None
    """The result of comparing what recipient and holder know of the person, see `log.person_bodies`; None before
    there was such a comparison."""


class RefusalBody(Body):
    """A request was refused, or nothing of it could be released."""

    entry_types: ClassVar = (EntryType.REFUSAL,)

    request_id: Reference
    request_sha256: HexDigest
    recipient: EntityId
    purpose: Code
    role: Code | None = None
    reason: Code
    person_ref: Reference | None = None
    withheld: Annotated[tuple[WithheldField, ...], Field(max_length=200)] = ()
    policy_sha256: HexDigest | None = None
    case_access: CaseAccessCode | None = None
    opening_reason: Code | None = None


class ReleaseReceivedBody(Body):
    """This entity received fields, or a refusal, from a holder, with the place of that entry in the holder's ledger."""

    entry_types: ClassVar = (EntryType.RELEASE_RECEIVED,)

    request_id: Reference
    request_sha256: HexDigest
    holder: EntityId
    purpose: Code
    role: Code
    outcome: Code
    fields: Codes = ()
    withheld: Annotated[tuple[WithheldField, ...], Field(max_length=200)] = ()
    person_ref: Reference | None = None
    case_ref: Reference | None = None
    case_access: CaseAccessCode | None = None
    opening_reason: Code | None = None
    professional: Reference | None = None
    """The professional, by the entity's own reference of its staff. In no request and in no other entity's ledger."""
    policy_sha256: HexDigest | None = None
    """The asker's access policy, whose list of reasons has the way to the case; the holder's is in its own entry."""
    answer_sha256: HexDigest
    holder_origin: Annotated[str, Field(min_length=1, max_length=200)]
    holder_index: Annotated[int, Field(ge=0, le=2**53 - 1)]
    holder_leaf_hash: HexDigest


class WithdrawalAcknowledgedBody(Body):
    """Another entity acknowledged, with its signature, that it no longer uses data under a consent."""

    entry_types: ClassVar = (EntryType.WITHDRAWAL_ACKNOWLEDGED,)

    consent_id: Reference
    entity: EntityId
    acknowledgement_sha256: HexDigest


class WithdrawalReceivedBody(Body):
    """This entity learned that a consent under which it had received data was withdrawn, and deleted its copies."""

    entry_types: ClassVar = (EntryType.WITHDRAWAL_RECEIVED,)

    consent_id: Reference
    entity: EntityId
    """The entity that sent the withdrawal."""
    message_sha256: HexDigest
    purged: Annotated[int, Field(ge=0, le=1_000_000)]
    """The number of received copies that were deleted."""


class ReferralBody(Body):
    """A step of a referral, taken here or received from the other entity: both ledgers hold the same steps.

    `number` counts each side's own steps from 1, and `message_sha256` is the digest of the signed message of the
    step, so that the ledgers of the two entities can be compared.
    """

    entry_types: ClassVar = (EntryType.REFERRAL,)

    referral_id: Reference
    person_ref: Reference | None = None
    """None at a receiver that does not know the person, or not yet."""
    peer: EntityId
    direction: Literal["sent", "received"]
    state: Code
    """The state at this entity after the step."""
    reason: Code | None = None
    """The reason or result that the step states."""
    step: Code | None = None
    taken_by: Literal["sender", "receiver"] | None = None
    number: Annotated[int, Field(ge=1, le=1000)] | None = None
    message_sha256: HexDigest | None = None
    """None for a step that was sent to nobody."""
    kind: Code | None = None
    service: Code | None = None
    consent_id: Reference | None = None


class TrainingDecisionBody(Body):
    """The entity approved or refused a training campaign, or withdrew its approval during the run."""

    entry_types: ClassVar = (EntryType.TRAINING_APPROVED, EntryType.TRAINING_REFUSED, EntryType.TRAINING_WITHDRAWN)

    campaign_id: Reference
    manifest_sha256: HexDigest
    epsilon: Decimal | None = None
    epsilon_alone: Decimal | None = None
    """When only this entity's own noise is unknown, with the noise of its own that it adds."""
    delta: Decimal | None = None
    decided_by: Text = ""
    reason: Text = ""


class TrainingContributedBody(Body):
    """A private contribution that left this entity, and the budget of the data set spent after it."""

    entry_types: ClassVar = (EntryType.TRAINING_CONTRIBUTED,)

    campaign_id: Reference
    manifest_sha256: HexDigest
    round: Annotated[int, Field(ge=0, le=1_000_000)]
    data_set: Reference
    epsilon_after: Decimal
    epsilon_alone_after: Decimal | None = None
    """When only this entity's own noise is unknown; None when that is not finite, and in older entries."""
    delta: Decimal
    contribution_sha256: HexDigest


class KeyChangedBody(Body):
    """One of the entity's keys was replaced."""

    entry_types: ClassVar = (EntryType.KEY_CHANGED,)

    key: Literal["signing", "ledger", "exchange", "witness", "tls", "data", "pseudonym"]
    old: Annotated[str, Field(max_length=400)]
    new: Annotated[str, Field(max_length=400)]


class PolicyChangedBody(Body):
    """The policies in force at the entity changed."""

    entry_types: ClassVar = (EntryType.POLICY_CHANGED,)

    policy: Code
    old_sha256: HexDigest | None = None
    new_sha256: HexDigest
    document: Annotated[str, Field(max_length=4000)] | None = None
    """The text with the digest `new_sha256`, of policies that an audit applies."""


class AccessReportBody(Body):
    """An access report was issued to the person (GDPR art. 15)."""

    entry_types: ClassVar = (EntryType.ACCESS_REPORT_ISSUED,)

    person_ref: Reference
    since: UtcTime
    until: UtcTime
    report_sha256: HexDigest
    asked_by: EntityId | None = None
    """The entity through which the person asked; None when the person asked here."""
    staff_reason: Code | None = None
    """The reason for naming members of staff; None when the report names none."""
    papers: Annotated[tuple[PaperDigest, ...], Field(max_length=10)] = ()
    """The files handed to the person; none of a report that was only shown, or sent to another entity."""


class ErasureBody(Body):
    """Bodies and salts of earlier entries were destroyed; their leaves and proofs stay."""

    entry_types: ClassVar = (EntryType.ERASURE,)

    indexes: Annotated[tuple[Annotated[int, Field(ge=0, le=2**53 - 1)], ...], Field(min_length=1, max_length=5000)]
    basis: Code
    rule: Code | None = None
    """The rule of the retention schedule that it follows; None when a person, or the law, asked for it."""


ALL_BODIES: Final[tuple[type[Body], ...]] = (
    ConsentBody,
    WithdrawalBody,
    ExpiryBody,
    ConfirmationBody,
    ReleaseBody,
    RefusalBody,
    ReleaseReceivedBody,
    WithdrawalAcknowledgedBody,
    WithdrawalReceivedBody,
    ReferralBody,
    TrainingDecisionBody,
    TrainingContributedBody,
    KeyChangedBody,
    PolicyChangedBody,
    AccessReportBody,
    RecordReadBody,
    ReceiptIssuedBody,
    CardIssuedBody,
    CardBlockedBody,
    IdentityDecidedBody,
    PersonChangedBody,
    ConsentEndedBody,
    ErasureBody,
)

BODY_MODELS: Final[dict[EntryType, type[Body]]] = {kind: model for model in ALL_BODIES for kind in model.entry_types}
"""The body of each type of entry; a test asserts that every type has one."""


def read_body(kind: EntryType, data: bytes) -> Body | None:
    """Return the body written in exactly the bytes that were committed to.

    None for any other bytes, which is no verdict: `parse_body` judges those.
    """
    return BODY_MODELS[kind].from_canonical(data)


def parse_body(kind: EntryType, document: dict[str, Any]) -> Body:
    """Return the body of an entry of a type.

    Raises:
        MalformedDocument: the document is not a body of that type.
    """
    try:
        return BODY_MODELS[kind].model_validate(document)
    except ValidationError as error:
        raise MalformedDocument(
            _(
                "no es el contenido de una anotación {kind}: {fault}",
                kind=kind,
                fault=first_fault(error),
            )
        ) from error
