"""A ledger in which everything happened that a report tells of."""

from datetime import timedelta

from consent_ledger.consents.model import ConsentGrant
from consent_ledger.consents.register import ConsentRegister
from consent_ledger.log.bodies import (
    AccessReportBody,
    PartyDetail,
    ReferralBody,
    RefusalBody,
    ReleaseBody,
    ReleaseReceivedBody,
    TrainingContributedBody,
    TrainingDecisionBody,
    WithdrawalAcknowledgedBody,
    WithheldField,
)
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.ledger import ConsentLedger
from tests.support.clock import START
from tests.support.ledgers import DIGEST, grant_of

FIELDS = ("person.sex", "household.size", "work.status")
NAMES = {"ong-a": "Cáritas <Ficticia>", "ong-b": "Ayuntamiento de Ejemplo", "ong-c": "Asociación Inventada"}
MARKUP = "<script>alert(1)</script>"


def grant(person: str, *recipients: str, day: int = 0) -> ConsentGrant:
    plain = grant_of(
        person,
        fields=FIELDS,
        purposes=("casework", "housing_support"),
        recipients=recipients,
        start=START + timedelta(days=day),
        days=400,
    )
    parties = tuple(PartyDetail(id=name, name=NAMES[name], kind="public") for name in ("ong-a", *recipients))
    return plain.model_copy(update={"parties": parties})


def release(person: str, recipient: str, consent: str, purpose: str = "casework") -> NewEntry:
    body = ReleaseBody(
        request_id="r1",
        request_sha256=DIGEST,
        person_ref=person,
        recipient=recipient,
        purpose=purpose,
        role="entity_technician",
        fields=FIELDS[:2],
        consents=(consent,),
        withheld=(WithheldField(field="work.status", reason="outside_purpose"),),
        case_access="opened",
        opening_reason="attended_now",
        policy_sha256=DIGEST,
    )
    return NewEntry(EntryType.RELEASE, body)


def refusal(recipient: str, reason: str) -> NewEntry:
    body = RefusalBody(request_id="r2", request_sha256=DIGEST, recipient=recipient, purpose="casework", reason=reason)
    return NewEntry(EntryType.REFUSAL, body)


def acknowledgement(consent: str, entity: str) -> NewEntry:
    body = WithdrawalAcknowledgedBody(consent_id=consent, entity=entity, acknowledgement_sha256=DIGEST)
    return NewEntry(EntryType.WITHDRAWAL_ACKNOWLEDGED, body)


def contribution(number: int, epsilon: str) -> NewEntry:
    body = TrainingContributedBody(
        campaign_id="ipro-2026",
        manifest_sha256=DIGEST,
        round=number,
        data_set="records",
        epsilon_after=epsilon,
        delta="0.00001",
        contribution_sha256=DIGEST,
    )
    return NewEntry(EntryType.TRAINING_CONTRIBUTED, body)


def tell(ledger: ConsentLedger, register: ConsentRegister) -> None:
    """Write several months of consents, releases, withdrawals, refusals, training and erasures."""
    for month in range(6):
        regretted = ""
        for number in range(3 + month):
            now = START + timedelta(days=30 * month + number)
            person = f"{month}{number}" * 6
            view = register.grant(grant(person, "ong-b", "ong-c", day=30 * month + number), now)
            for recipient in ("ong-b", "ong-c")[: 1 + number % 2]:
                ledger.append([release(person, recipient, view.consent_id)], now + timedelta(hours=2))
            if number == 1:
                regretted = view.consent_id
        withdrawn = START + timedelta(days=30 * month + 10)
        register.withdraw(regretted, withdrawn)
        ledger.append([acknowledgement(regretted, "ong-b")], withdrawn + timedelta(minutes=9))
        if month % 2:
            ledger.append([acknowledgement(regretted, "ong-c")], withdrawn + timedelta(hours=31))
        now = START + timedelta(days=30 * month + 12)
        ledger.append([refusal("ong-c", "nothing_to_share")], now)
    register.refuse(grant("refused" * 3, "ong-b", day=185), START + timedelta(days=185))
    _others(ledger)


def _others(ledger: ConsentLedger) -> None:
    now = START + timedelta(days=190)
    decision = TrainingDecisionBody(
        campaign_id="ipro-2026", manifest_sha256=DIGEST, epsilon="4", delta="0.00001", reason=MARKUP
    )
    ledger.append([NewEntry(EntryType.TRAINING_APPROVED, decision)], now)
    for number, epsilon in enumerate(("0.9", "1.4", "1.8", "2.1")):
        ledger.append([contribution(number, epsilon)], now + timedelta(hours=6 * number))
    received = ReleaseReceivedBody(
        request_id="r3",
        request_sha256=DIGEST,
        holder="ong-b",
        purpose="casework",
        role="entity_technician",
        outcome="released",
        case_access="team",
        professional="staff-0042",
        fields=FIELDS[:1],
        answer_sha256=DIGEST,
        holder_origin="red.example/entity/ong-b",
        holder_index=7,
        holder_leaf_hash=DIGEST,
    )
    ledger.append([NewEntry(EntryType.RELEASE_RECEIVED, received)], now + timedelta(days=2))
    ledger.erase_bodies([0, 1], "eu-gdpr:A17-1-b", now + timedelta(days=3))
    person = "33" * 6
    told = AccessReportBody(
        person_ref=person, since=START, until=now, report_sha256=DIGEST, asked_by="ong-b", staff_reason="rights_need_it"
    )
    later = now + timedelta(days=4)
    ledger.append([_step(person, words) for words in _REJECTED], later)
    ledger.append([NewEntry(EntryType.ACCESS_REPORT_ISSUED, told)], later)


_REJECTED: tuple[dict[str, object], ...] = (
    {"step": "send", "taken_by": "sender", "number": 1, "state": "sent"},
    {"step": "receive", "taken_by": "receiver", "number": 1, "state": "received"},
    {"step": "reject", "taken_by": "receiver", "number": 2, "state": "rejected", "reason": "no_capacity"},
)


def _step(person: str, words: dict[str, object]) -> NewEntry:
    body = {"referral_id": "5f" * 16, "person_ref": person, "peer": "ong-c", "direction": "received"} | words
    body |= {"message_sha256": DIGEST, "kind": "referral", "service": "temporary_lodging"}
    return NewEntry(EntryType.REFERRAL, ReferralBody.model_validate(body))
