"""Changes, merges, splits, deaths, erasures, consents and fetches in any order: no release ever mixes two people.

A model says of each record what is shared; every document that ever led to it is asked for after every step. At the end
the ledger holds no personal data and the offline audit passes.
"""

import json
import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from typing_extensions import override

from consent_ledger.audit.verify import verify_export
from consent_ledger.exports.ledger_export import export_ledger
from consent_ledger.proofs.trust_policy import TrustPolicy
from node.ledger.own import own_ledger
from node.people.documents import Document, DocumentKind
from node.people.linkage_code import new_linkage_code
from node.people.model import PersonRecord
from node.person_changes.documents import change_document
from node.person_changes.merging import assign_record, merge_people, split_people
from node.person_changes.renaming import rename_person
from policies.birth import BirthDate
from tests.support.answering import ask, request
from tests.support.clock import FrozenClock
from tests.support.ledger_entries import entries
from tests.support.parts import (
    TOWN_AND_NGO,
    SignedDirectory,
    answering_of,
    consents_of,
    context_of,
    erasures_of,
    grant,
    hold,
)
from tests.support.person_changes import WHO, dies

FIELDS: Final = ("person.sex", "work.status", "edu.level")
VALUES: Final = (
    ("f", "unemployed", "lower_secondary"),
    ("m", "self_employed", "primary"),
    ("f", "retired", "primary"),
)
EXAMPLES: Final = int(os.environ.get("REDPACT_MACHINE_EXAMPLES", "10"))
STEPS: Final = 14
PEOPLE: Final = range(len(VALUES))


def fresh() -> Document:
    """Return a document that nobody has."""
    return Document(DocumentKind.LINKAGE, new_linkage_code())


@dataclass
class Known:
    """One record, as the model knows it.

    Attributes:
        documents: those that lead to it, the present one first.
        lost: documents that led to it and must not any more.
        consents: live ones by id, each with the step in which it was given.
        denied: the last step in which one was withdrawn.
        head: the record into which it is merged; itself when none.
    """

    number: int
    documents: list[Document]
    lost: list[Document] = field(default_factory=list)
    consents: dict[str, int] = field(default_factory=dict)
    denied: int = -1
    head: int = -1
    dead: bool = False
    unassigned: bool = False
    erased: bool = False


class PersonMachine(RuleBasedStateMachine):
    """A node and the model of its records."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        clock = FrozenClock()
        self._context = context_of("town", Path(self._folder.name, "town"), SignedDirectory(clock, TOWN_AND_NGO))
        self._answering = answering_of(self._context)
        self._clock, self._step = clock, 0
        self._records: list[Known] = []

    @initialize()
    def three_people(self) -> None:
        for number in PEOPLE:
            self._records.append(Known(number, [fresh()], head=number))
            values = dict(zip(FIELDS, VALUES[number], strict=True))
            born = BirthDate.of(date(1980 + number, 1, 2))
            record = PersonRecord(self._records[number].documents[0], f"Ficticia Canaria {number}", born, values)
            hold(self._context, record)

    # ---- the model

    def _group(self, record: Known) -> list[Known]:
        return [each for each in self._records if each.head == record.head and not each.erased]

    def _shares(self, record: Known) -> bool:
        denied = max((each.denied for each in self._group(record)), default=-1)
        given = max(record.consents.values(), default=-1)
        return not (record.erased or record.dead or record.unassigned) and given > denied

    def _is_open(self, record: Known) -> bool:
        head = self._records[record.head]
        return not (record.erased or head.dead or head.unassigned)

    # ---- what happens

    def _next(self) -> None:
        self._step += 1
        self._clock.advance(seconds=1)

    @rule(number=st.sampled_from(PEOPLE))
    def consent(self, number: int) -> None:
        record = self._records[number]
        if not self._is_open(record):
            return
        self._next()
        given = grant(self._context, "ngo", document=record.documents[0], fields=FIELDS)
        self._records[record.head].consents[given] = self._step  # it is the person's, found by either document

    @rule(number=st.sampled_from(PEOPLE))
    def withdraw(self, number: int) -> None:
        record = self._records[number]
        if record.erased or record.dead or not record.consents:
            return
        self._next()
        consent = min(record.consents, key=lambda each: record.consents[each])
        consents_of(self._context).withdraw(consent)
        del record.consents[consent]
        record.denied = self._step

    @rule(number=st.sampled_from(PEOPLE), correction=st.booleans())
    def another_document(self, number: int, *, correction: bool) -> None:
        record = self._records[number]
        if record.erased or record.head != number:
            return
        self._next()
        new = fresh()
        change_document(self._context, record.documents[0], new, WHO, correction=correction)
        if correction:
            record.lost.append(record.documents.pop(0))
        record.documents.insert(0, new)

    @rule(number=st.sampled_from(PEOPLE))
    def another_name(self, number: int) -> None:
        record = self._records[number]
        if record.erased:
            return
        self._next()
        rename_person(self._context, record.documents[0], f"Ficticia Canaria {number} {self._step}", WHO)

    @rule(one=st.sampled_from(PEOPLE), other=st.sampled_from(PEOPLE))
    def merge(self, one: int, other: int) -> None:
        kept, joined = self._records[one], self._records[other]
        if kept.head == joined.head or not (self._is_open(kept) and self._is_open(joined)):
            return
        self._next()
        merge_people(self._context, kept.documents[0], joined.documents[0], WHO)
        before = joined.head
        for each in self._records:
            if each.head == before:
                each.head = kept.head

    @rule(number=st.sampled_from(PEOPLE))
    def split(self, number: int) -> None:
        record = self._records[number]
        if record.erased or record.head == number:
            return
        self._next()
        split_people(self._context, record.documents[0], WHO)
        self._records[record.head].unassigned = record.unassigned = True
        record.head = number

    @rule(number=st.sampled_from(PEOPLE))
    def assign(self, number: int) -> None:
        record = self._records[number]
        if record.erased or record.head != number or not record.unassigned:
            return
        self._next()
        assign_record(self._context, record.documents[0], WHO)
        record.unassigned = False

    @rule(number=st.sampled_from(PEOPLE))
    def death(self, number: int) -> None:
        record = self._records[number]
        if record.erased or self._records[record.head].dead:
            return
        self._next()
        dies(self._context, record.documents[0])
        for each in self._group(record):
            each.dead = True
            each.consents.clear()

    @precondition(lambda self: self._step % 4 == 3)  # rarer than the rest, as nothing follows it
    @rule(number=st.sampled_from(PEOPLE))
    def erase(self, number: int) -> None:
        record = self._records[number]
        if record.erased:
            return
        self._next()
        erasures_of(self._context).erase_person(record.documents[0], "eu-gdpr:A17-1-b")
        for each in self._group(record):
            each.erased = True

    # ---- what must hold

    @invariant()
    def every_document_gives_its_own_record_or_nothing(self) -> None:
        for record in self._records:
            for document in (*record.documents, *record.lost):
                answer = ask(self._answering, request(self._context, document, fields=FIELDS))
                got = tuple(str(each.value) for each in answer.fields)
                expected = self._shares(record) and document not in record.lost
                assert got == (VALUES[record.number] if expected else ())

    @override
    def teardown(self) -> None:
        """Search the ledger for personal data, and audit it."""
        try:
            text = json.dumps([body for _kind, body in entries(self._context)])
            assert "Canaria" not in text
            for record in self._records:
                assert all(each.number not in text for each in (*record.documents, *record.lost))
            with self._context.snapshot() as session:
                ledger = own_ledger(self._context, session)
                export_ledger(ledger, Path(self._folder.name, "export"))
                policy = TrustPolicy.of_log(ledger.vkey)
            assert verify_export(Path(self._folder.name, "export"), policy).passed
        finally:
            self._context.close()
            self._folder.cleanup()


@pytest.mark.invariant(1)
@pytest.mark.invariant(3)
@pytest.mark.invariant(4)
@pytest.mark.timeout(600)
def test_no_release_ever_mixes_two_people() -> None:
    chosen = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    run_state_machine_as_test(PersonMachine, settings=chosen)
