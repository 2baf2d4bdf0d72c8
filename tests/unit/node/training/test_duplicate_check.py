"""People are counted across entities at real nodes: one person in two of them weighs one half in each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from federated.budget.budget_store import BudgetLimit
from federated.campaign.manifest import CampaignManifest, manifest_sha256
from federated.campaign.steps import (
    OpeningReply,
    OpeningRequest,
    StepReply,
    TableReply,
    TableRequest,
    WeightsRequest,
    pack,
    read_reply,
)
from federated.coordination.gathered_sum import GatheredSum
from federated.duplicates.keyed_table import CHECK_WORDS, PRIME, TABLE_ROUND, TableShape
from federated.errors import (
    DuplicateCheckInvalid,
    DuplicateCountWrong,
    FederatedError,
    RoundRefused,
    SecureSumRefused,
)
from federated.participation import table_replies
from federated.participation.enrolment import Enrolments, Secret
from federated.participation.table_replies import TableParticipant
from node.context import NodeContext
from node.people.store import people_store
from node.training.duplicate_check import DuplicateCheck
from node.training.stores import epsilon_ledger, own_enrolments
from tests.support import campaigns
from tests.support.campaigns import CAMPAIGN, reserved
from tests.support.clock import START, FrozenClock
from tests.support.forming import Forming
from tests.support.parts import SignedDirectory, context_of, hold
from tests.support.people import OTHER_PERSON, PERSON, STRANGER, person_record
from trust.parties import EntityKind

ENTITIES = ("avila", "leon", "soria")
MANIFEST = campaigns.manifest(invited=ENTITIES, counts_entities=True, people_estimate=20_000)
DIGEST = manifest_sha256(campaigns.sealed(MANIFEST))
NAMED = {"campaign_id": CAMPAIGN, "manifest_sha256": DIGEST, "previous": DIGEST}
HELD = {"avila": (PERSON, OTHER_PERSON), "leon": (PERSON,), "soria": (STRANGER,)}
"""Documents of the people each entity holds: one person is in two entities."""


@dataclass
class Office:
    """One node and its side of the count."""

    context: NodeContext
    people: tuple[str, ...]
    counting: DuplicateCheck
    manifest: CampaignManifest = MANIFEST

    @contextmanager
    def enrolments(self) -> Iterator[Enrolments]:
        with self.context.transaction() as session:
            yield own_enrolments(self.context, session)

    def table(self) -> StepReply:
        with self.context.transaction() as session:
            enrolments, taking_part = self.parts(session)
            request = TableRequest(**NAMED, cohort_sha256=taking_part.cohort.sha256.hex())
            return read_reply(self.counting.table(session, enrolments, taking_part, request, self.people)).document

    def opening(self, request: OpeningRequest) -> StepReply:
        with self.context.snapshot() as session:
            return read_reply(self.parts(session)[1].opening(request)).document

    def weigh(self, table: bytes, counted: tuple[str, ...] = ENTITIES) -> None:
        with self.context.transaction() as session:
            enrolments, taking_part = self.parts(session)
            self.counting.weigh(enrolments, taking_part, WeightsRequest(**NAMED, table=table, counted=counted))

    def parts(self, session: Session) -> tuple[Enrolments, TableParticipant]:
        enrolments = own_enrolments(self.context, session)
        cohort = enrolments.cohort(self.manifest, DIGEST)
        return enrolments, TableParticipant(self.manifest, cohort, enrolments.masker(cohort), enrolments.entity)

    def weights(self, *people: str) -> list[float]:
        with self.context.snapshot() as session:
            found = self.counting.weights(own_enrolments(self.context, session), self.manifest, people or self.people)
        assert found is not None
        return [float(each) for each in found]


@dataclass
class Town:
    """Three nodes that agreed on their cohort and drew a group key."""

    offices: dict[str, Office]

    def total(self) -> bytes:
        """Return the sum of the tables as an honest coordinator opens it."""
        replies = {entity: office.table() for entity, office in self.offices.items()}
        with self.offices["leon"].context.snapshot() as session:
            cohort = self.offices["leon"].parts(session)[1].cohort
        shared = TableRequest(**NAMED, cohort_sha256=cohort.sha256.hex()).shared_sha256
        gathered = GatheredSum(cohort, TABLE_ROUND, bytes.fromhex(shared))
        gathered.gather(replies, TableShape.of(MANIFEST.people_estimate, 3).words, _no_fault)
        answers = {
            entity: self.offices[entity].opening(
                OpeningRequest(**NAMED, mask_request_sha256=shared, survivors=ENTITIES, shares=shares)
            )
            for entity, shares in gathered.responders().items()
        }
        assert all(isinstance(each, OpeningReply) for each in answers.values())
        total, unusable = gathered.opened(answers)
        assert not unusable
        return pack(total.view(np.uint64))


def _no_fault(entity: str, error: FederatedError) -> None:
    raise AssertionError(f"{entity}: {error}")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    directory = SignedDirectory(FrozenClock(START), dict.fromkeys(ENTITIES, EntityKind.AGENT))
    offices: dict[str, Office] = {}
    for entity in ENTITIES:
        context = context_of(entity, tmp_path / entity, directory)
        hold(context, *(person_record(document) for document in HELD[entity]))
        with context.transaction() as session:
            budget = epsilon_ledger(session)
            budget.set_limit(BudgetLimit(8.0, 1e-5), START)
            budget.reserve(reserved(CAMPAIGN, MANIFEST.stages), START)
            people = tuple(person for person, _ in people_store(context, session).documents())
        offices[entity] = Office(context, people, DuplicateCheck(context))
    Forming({entity: office.enrolments for entity, office in offices.items()}, MANIFEST, DIGEST).whole()
    yield Town(offices)
    for office in offices.values():
        office.context.close()


def test_one_person_in_two_entities_weighs_one_half_in_each(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    # Without the random bins, in which somebody of another entity may fall: that lowers a weight, as it should.
    monkeypatch.setattr(table_replies, "dummy_bins", lambda *_terms: frozenset[int]())
    total = town.total()
    for office in town.offices.values():
        office.weigh(total)
    weights = {entity: sorted(office.weights()) for entity, office in town.offices.items()}
    assert weights == {"avila": [0.5, 1.0], "leon": [0.5], "soria": [1.0]}


def test_every_entity_derives_the_same_group_key(town: Town) -> None:
    keys = set()
    for office in town.offices.values():
        with office.enrolments() as enrolments:
            keys.add(enrolments.kept(CAMPAIGN, Secret.GROUP_KEY))
    assert len(keys) == 1
    assert None not in keys


def test_the_size_of_a_table_does_not_depend_on_the_people(town: Town) -> None:
    sizes = set()
    for office in town.offices.values():
        reply = office.table()
        assert isinstance(reply, TableReply)
        sizes.add(len(reply.masked))
    assert sizes == {8 * TableShape.of(MANIFEST.people_estimate, 3).words}


def test_who_came_into_the_records_after_the_count_weighs_nothing(town: Town) -> None:
    leon = town.offices["leon"]
    leon.weigh(town.total())
    assert leon.weights(*leon.people, "somebody new") == [0.5, 0.0]


@pytest.mark.invariant(6)
def test_before_the_count_nothing_is_contributed_and_nothing_weighed(town: Town) -> None:
    leon = town.offices["leon"]
    with pytest.raises(RoundRefused):
        leon.weigh(b"\0" * 64)
    with pytest.raises(RoundRefused):
        leon.weights()
    leon.table()
    with pytest.raises(RoundRefused):
        leon.weights()


def _zeros(total: bytes) -> bytes:
    return bytes(len(total))


def _one_less(total: bytes) -> bytes:
    return bytes([(total[0] - 1) % 256]) + total[1:]


def _shorter(total: bytes) -> bytes:
    return total[:-8]


@pytest.mark.invariant(6)
@pytest.mark.parametrize("lie", [_zeros, _one_less, _shorter])
def test_a_coordinator_that_counts_wrongly_gets_nothing(town: Town, lie: Callable[[bytes], bytes]) -> None:
    leon, total = town.offices["leon"], town.total()
    with pytest.raises((DuplicateCountWrong, DuplicateCheckInvalid)):
        leon.weigh(lie(total))
    with pytest.raises(RoundRefused):
        leon.weights()


@pytest.mark.invariant(6)
def test_a_sum_made_with_the_key_of_an_entity_that_colludes_does_not_ask_who_is_known_here(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told that nobody has a person, an entity that has them and one that has not answer the same."""
    monkeypatch.setattr(table_replies, "dummy_bins", lambda *_terms: frozenset[int]())
    total = town.total()
    forged = _without(town, total, PERSON.canonical)
    for entity in ("leon", "soria"):
        town.offices[entity].weigh(forged)
    assert town.offices["leon"].weights() == [0.0]
    assert town.offices["soria"].weights() == [1.0]


def _without(town: Town, total: bytes, document: str) -> bytes:
    """Return a sum without the two entities that have a person, as the coordinator and one entity can make it."""
    avila = town.offices["avila"]
    with avila.enrolments() as enrolments:
        key = enrolments.kept(CAMPAIGN, Secret.GROUP_KEY)
    assert key is not None
    with avila.context.snapshot() as session:
        keyed = avila.parts(session)[1].tables(key)
    person = keyed.contribution("avila", [keyed.bin_of(document)]) - keyed.contribution("avila", ())
    person[-CHECK_WORDS:] %= PRIME
    words = np.frombuffer(total, dtype="<i8") - 2 * person
    for more in product(range(3), repeat=CHECK_WORDS):  # the hashes stay within those of three entities
        made = words.copy()
        made[-CHECK_WORDS:] += np.array(more) * PRIME
        with suppress(DuplicateCountWrong):
            keyed.opened(made, ENTITIES)
            return pack(made)
    raise AssertionError("no sum passes")


@pytest.mark.invariant(6)
@pytest.mark.parametrize("counted", [("leon", "soria"), ("avila", "soria", "zamora"), ("avila", "avila", "leon")])
def test_a_count_over_other_entities_than_told_is_refused(town: Town, counted: tuple[str, ...]) -> None:
    with pytest.raises((DuplicateCountWrong, SecureSumRefused)):
        town.offices["leon"].weigh(town.total(), counted)


@pytest.mark.invariant(6)
def test_a_sum_with_somebody_who_was_not_counted_together_is_not_opened(town: Town) -> None:
    leon = town.offices["leon"]
    leon.weigh(town.total())
    with leon.context.snapshot() as session:
        enrolments = own_enrolments(leon.context, session)
        leon.counting.require_counted(enrolments, MANIFEST, ENTITIES)
        with pytest.raises(SecureSumRefused, match="zamora"):
            leon.counting.require_counted(enrolments, MANIFEST, (*ENTITIES, "zamora"))


def test_a_campaign_that_counts_nobody_weighs_everybody_once(town: Town) -> None:
    leon = town.offices["leon"]
    plain = campaigns.manifest(invited=ENTITIES)
    with leon.context.snapshot() as session:
        enrolments = own_enrolments(leon.context, session)
        assert leon.counting.weights(enrolments, plain, leon.people) is None
        leon.counting.require_counted(enrolments, plain, ENTITIES)
        assert enrolments.sealed_shares(plain, enrolments.cohort(MANIFEST, DIGEST)) == {}


def test_when_the_campaign_is_over_neither_key_nor_bins_nor_weights_are_left(town: Town) -> None:
    leon = town.offices["leon"]
    leon.weigh(town.total())
    with leon.context.transaction() as session:
        own_enrolments(leon.context, session).erase(CAMPAIGN)
    with leon.context.snapshot() as session:
        enrolments = own_enrolments(leon.context, session)
        assert [enrolments.kept(CAMPAIGN, secret) for secret in Secret] == [None] * len(Secret)
