"""DuplicateCheck people across entities at real nodes: one person in two of them weighs one half in each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from federated.budget.budget_store import BudgetLimit
from federated.campaign.manifest import CampaignManifest, manifest_sha256
from federated.duplicates.multiplicities import bucket_of, multiplicities, pack_counts, unpack_tags
from federated.errors import DuplicateCheckInvalid, DuplicateCountWrong, RoundRefused, SecureSumRefused
from federated.participation.enrolment import Enrolments, Secret
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
MANIFEST = campaigns.manifest(invited=ENTITIES, counts_entities=True)
DIGEST = manifest_sha256(campaigns.sealed(MANIFEST))
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

    def tags(self) -> bytes:
        with self.context.transaction() as session:
            enrolments = own_enrolments(self.context, session)
            cohort = enrolments.cohort(self.manifest, DIGEST)
            return self.counting.tags(session, enrolments, cohort, self.people)

    def weigh(self, counts: tuple[int, ...], counted: tuple[str, ...] = ENTITIES) -> None:
        with self.context.transaction() as session:
            self.counting.weigh(own_enrolments(self.context, session), self.manifest, pack_counts(counts), counted)

    def weights(self, *people: str) -> list[float]:
        with self.context.snapshot() as session:
            found = self.counting.weights(own_enrolments(self.context, session), self.manifest, people or self.people)
        assert found is not None
        return [float(each) for each in found]


@dataclass
class Town:
    """Three nodes that agreed on their cohort and drew a group key."""

    offices: dict[str, Office]

    def tags(self) -> dict[str, bytes]:
        return {entity: office.tags() for entity, office in self.offices.items()}

    def counts(self) -> dict[str, tuple[int, ...]]:
        return multiplicities({entity: unpack_tags(tags) for entity, tags in self.tags().items()})


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


def test_one_person_in_two_entities_weighs_one_half_in_each(town: Town) -> None:
    counts = town.counts()
    for entity, office in town.offices.items():
        office.weigh(counts[entity])
    weights = {entity: sorted(office.weights()) for entity, office in town.offices.items()}
    assert weights == {"avila": [0.5, 1.0], "leon": [0.5], "soria": [1.0]}


def test_every_entity_derives_the_same_group_key(town: Town) -> None:
    keys = set()
    for office in town.offices.values():
        with office.enrolments() as enrolments:
            keys.add(enrolments.kept(CAMPAIGN, Secret.GROUP_KEY))
    assert len(keys) == 1
    assert None not in keys


def test_tags_are_padded_to_a_bucket_and_the_same_when_asked_again(town: Town) -> None:
    first, again = town.tags(), town.tags()
    assert first == again
    for tags in first.values():
        assert len(unpack_tags(tags)) == bucket_of(len(unpack_tags(tags))) >= 64


def test_who_came_into_the_records_after_the_count_weighs_nothing(town: Town) -> None:
    leon = town.offices["leon"]
    leon.weigh(town.counts()["leon"])
    assert leon.weights(*leon.people, "somebody new") == [0.5, 0.0]


@pytest.mark.invariant(6)
def test_before_the_count_nothing_is_contributed_and_nothing_weighed(town: Town) -> None:
    leon = town.offices["leon"]
    with pytest.raises(RoundRefused):
        leon.weigh((1,) * 64)
    with pytest.raises(RoundRefused):
        leon.weights()
    leon.tags()
    with pytest.raises(RoundRefused):
        leon.weights()


def _all_alone(counts: tuple[int, ...]) -> tuple[int, ...]:
    return (1,) * len(counts)


def _too_many(counts: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(4 for _ in counts)


def _too_few(counts: tuple[int, ...]) -> tuple[int, ...]:
    return counts[:-1]


@pytest.mark.invariant(6)
@pytest.mark.parametrize("lie", [_all_alone, _too_many, _too_few])
def test_a_coordinator_that_counts_wrongly_gets_nothing(
    town: Town, lie: Callable[[tuple[int, ...]], tuple[int, ...]]
) -> None:
    leon, counts = town.offices["leon"], town.counts()["leon"]
    with pytest.raises((DuplicateCountWrong, DuplicateCheckInvalid)):
        leon.weigh(lie(counts))
    with pytest.raises(RoundRefused):
        leon.weights()


@pytest.mark.invariant(6)
def test_a_sum_with_somebody_who_was_not_counted_together_is_not_opened(town: Town) -> None:
    leon = town.offices["leon"]
    two = ("leon", "soria")
    town.tags()
    halves = multiplicities({entity: unpack_tags(town.tags()[entity]) for entity in two})
    leon.weigh(halves["leon"], two)
    assert leon.weights() == [1.0]  # told of two entities, leon cannot know of the third
    with leon.context.snapshot() as session:
        enrolments = own_enrolments(leon.context, session)
        leon.counting.require_counted(enrolments, MANIFEST, two)
        with pytest.raises(SecureSumRefused, match="avila"):
            leon.counting.require_counted(enrolments, MANIFEST, ENTITIES)


def test_a_campaign_that_counts_nobody_weighs_everybody_once(town: Town) -> None:
    leon = town.offices["leon"]
    plain = campaigns.manifest(invited=ENTITIES)
    with leon.context.snapshot() as session:
        enrolments = own_enrolments(leon.context, session)
        assert leon.counting.weights(enrolments, plain, leon.people) is None
        leon.counting.require_counted(enrolments, plain, ENTITIES)
        assert enrolments.sealed_shares(plain, enrolments.cohort(MANIFEST, DIGEST)) == {}


def test_when_the_campaign_is_over_neither_key_nor_tags_nor_weights_are_left(town: Town) -> None:
    leon = town.offices["leon"]
    leon.weigh(town.counts()["leon"])
    with leon.context.transaction() as session:
        own_enrolments(leon.context, session).erase(CAMPAIGN)
    with leon.context.snapshot() as session:
        enrolments = own_enrolments(leon.context, session)
        assert [enrolments.kept(CAMPAIGN, secret) for secret in Secret] == [None] * len(Secret)
