"""Builders of ledgers, consents and entries for tests. Keys are drawn anew: nothing depends on their value."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from hashlib import sha256

from consent_ledger.consents.model import ConsentGrant, ConsentView
from consent_ledger.consents.register import ConsentRegister
from consent_ledger.log.bodies import Notice, RefusalBody, ReleaseBody
from consent_ledger.log.entry import EntryType, NewEntry
from consent_ledger.log.ledger import ConsentLedger
from consent_ledger.log.store import LedgerStore
from consent_ledger.proofs.note import NoteSigner
from policies.assurance import AssurancePolicy
from policies.notices import load_notices
from tests.support.assurance_policies import TRUSTING
from tests.support.clock import START
from tests.support.memory_stores import InMemoryLedgerStore
from trust.signing import Ed25519Signer

ORIGIN = "red.example/entity/ong-a"
DIGEST = sha256(b"something").hexdigest()
NOTICE = load_notices().current("es")

Work = Callable[[], AbstractContextManager[LedgerStore]]
"""Opens a unit of work that commits, in which there is a store."""


def new_ledger(store: LedgerStore | None = None, *, signer: NoteSigner | None = None) -> ConsentLedger:
    return ConsentLedger(store or InMemoryLedgerStore(), signer or new_signer())


def new_signer(origin: str = ORIGIN) -> NoteSigner:
    return NoteSigner(origin, Ed25519Signer.generate())


def grant_of(
    person: str = "p1",
    *,
    fields: tuple[str, ...] = ("person.birth_year", "household.size"),
    purposes: tuple[str, ...] = ("case_coordination",),
    recipients: tuple[str, ...] = ("ong-b",),
    start: datetime = START,
    days: float = 30,
) -> ConsentGrant:
    return ConsentGrant(
        person_ref=person,
        fields=fields,
        purposes=purposes,
        recipients=recipients,
        valid_from=start,
        valid_until=start + timedelta(days=days),
        notice=Notice(id=NOTICE.id, version=NOTICE.version, sha256=NOTICE.sha256),
    )


def release_of(
    *consents: str,
    person: str = "p1",
    recipient: str = "ong-b",
    purpose: str = "case_coordination",
    fields: tuple[str, ...] = ("person.birth_year",),
) -> NewEntry:
    body = ReleaseBody(
        request_id="r1",
        request_sha256=DIGEST,
        person_ref=person,
        recipient=recipient,
        purpose=purpose,
        role="social_worker",
        fields=fields,
        consents=consents,
        policy_sha256=DIGEST,
    )
    return NewEntry(EntryType.RELEASE, body)


def releases(count: int) -> list[NewEntry]:
    return [release_of("c1", person=f"p{number}") for number in range(count)]


def refusals(count: int) -> list[NewEntry]:
    body = RefusalBody(
        request_id="r1",
        request_sha256=DIGEST,
        recipient="ong-b",
        purpose="case_coordination",
        reason="nothing_to_share",
    )
    return [NewEntry(EntryType.REFUSAL, body)] * count


class InMemoryConsentStore:
    """A `ConsentStore` that forgets everything at exit."""

    def __init__(self) -> None:
        self.views: dict[str, ConsentView] = {}

    def get(self, consent_id: str) -> ConsentView | None:
        return self.views.get(consent_id)

    def put(self, view: ConsentView) -> None:
        self.views[view.consent_id] = view

    def of_person(self, person_ref: str) -> list[ConsentView]:
        return [view for view in self.views.values() if view.person_ref == person_ref]

    def all(self) -> list[ConsentView]:
        return list(self.views.values())

    def forget(self, consent_ids: Sequence[str]) -> None:
        for consent_id in consent_ids:
            self.views.pop(consent_id, None)

    def lapsed(self, now: datetime) -> list[ConsentView]:
        ends = ("given", "renewed")
        return [v for v in self.views.values() if v.state.value in ends and v.record.valid_until <= now]


def new_register(
    ledger: ConsentLedger | None = None, policy: Callable[[], AssurancePolicy] | None = None
) -> ConsentRegister:
    # The tests of the register take the word of other entities, except those of the assurance.
    return ConsentRegister(ledger or new_ledger(), InMemoryConsentStore(), "ong-a", policy or (lambda: TRUSTING))
