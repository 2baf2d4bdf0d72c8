"""A node with two key holders: both are asked, both are verified, and what comes out is the same at every node."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from typing_extensions import override

from node.clients.locator import Evaluated, LocatorClient
from node.context import NodeContext
from node.errors import RecordsUnreadable
from node.locator.pseudonyms import Pseudonyms, forget_pseudonyms
from node.locator.tables import LocatorPseudonymRow
from node.people.store import people_store
from records_exchange import oprf
from records_exchange.errors import OprfProofInvalid
from tests.support.parts import SignedDirectory, context_of, hold
from tests.support.people import OTHER_PERSON, PERSON, person_record
from trust.errors import DirectoryRollback
from trust.locator_terms import HeldKey, LocatorEpoch, LocatorTerms
from trust.signing import Envelope

KEYS = {name: oprf.derive_key_pair(bytes([number]) * 32, b"t") for number, name in enumerate(("coordinator", "town"))}


class TwoHolders(LocatorClient):
    """Evaluates with two keys, as two services would."""

    def __init__(self, keys: dict[str, oprf.KeyPair]) -> None:
        self.keys = keys
        self.asked: list[str] = []

    @override
    def evaluate(self, key_holder: str, request: Envelope, points: Sequence[bytes]) -> Evaluated:
        self.asked.append(key_holder)
        evaluated, proof = oprf.evaluate_proved(self.keys[key_holder], points)
        return Evaluated(evaluated, proof, remaining=100 if key_holder == "town" else 1000)


def epoch(context: NodeContext, keys: dict[str, oprf.KeyPair] = KEYS, number: int = 1) -> LocatorEpoch:
    held = tuple(HeldKey(holder=name, public_key=pair.public.hex()) for name, pair in keys.items())
    return LocatorEpoch(number=number, keys=held, started=context.clock.now())


def test_both_key_holders_are_asked_and_two_nodes_come_to_the_same_pseudonyms(
    tmp_path: Path, directory: SignedDirectory
) -> None:
    found = []
    for entity in ("ngo", "town"):
        client = TwoHolders(KEYS)
        with closing(context_of(entity, tmp_path / entity, directory)) as asker:
            pseudonyms, remaining = Pseudonyms(asker, client).evaluate(epoch(asker), [PERSON, OTHER_PERSON])
        assert sorted(client.asked) == ["coordinator", "town"]
        assert remaining == 100  # of whoever leaves us least
        found.append(pseudonyms)
    assert found[0] == found[1]
    assert len(set(found[0])) == 2


def test_a_second_key_holder_that_lies_is_found(context: NodeContext) -> None:
    lying = TwoHolders({**KEYS, "town": KEYS["coordinator"]})
    with pytest.raises(OprfProofInvalid):
        Pseudonyms(context, lying).evaluate(epoch(context), [PERSON])


def test_what_is_kept_is_of_one_epoch_of_one_person_and_opens_nowhere_else(context: NodeContext) -> None:
    hold(context, person_record(PERSON), person_record(OTHER_PERSON, name="Otra Ficticia"))
    keeping, first, second = Pseudonyms(context, TwoHolders(KEYS)), epoch(context), epoch(context, number=2)
    with context.snapshot() as session:
        people = people_store(context, session).person_ids()
    found, _ = keeping.evaluate_people(first, [*people, "nobody"])
    assert sorted(found) == people
    with context.transaction() as session:
        assert keeping.kept(session, first, people) == found
        assert keeping.kept(session, second, people) == {}
        keeping.keep(session, second, {people[0]: b"\2" * 32})
        keeping.forget_other_epochs(session, [second])
        assert keeping.kept(session, first, people) == {}
        assert keeping.kept(session, second, people) == {people[0]: b"\2" * 32}
        row = session.get(LocatorPseudonymRow, (people[0], second.fingerprint))
        assert row is not None
        session.add(LocatorPseudonymRow(person_ref=people[1], epoch=second.fingerprint, sealed=row.sealed))
        session.flush()
        with pytest.raises(RecordsUnreadable):
            keeping.kept(session, second, people)
        for person in people:
            forget_pseudonyms(session, person)
        assert keeping.kept(session, second, people) == {}


def test_a_directory_that_gives_an_epoch_another_key_is_refused_by_a_node_that_knew_it(
    context: NodeContext,
    directory: SignedDirectory,
) -> None:
    directory.locator = LocatorTerms(epochs=(epoch(context),))
    directory.publish()
    directory.locator = LocatorTerms(epochs=(epoch(context, {"coordinator": KEYS["town"]}),))
    with pytest.raises(DirectoryRollback):
        directory.publish()
    directory.locator = LocatorTerms(epochs=(epoch(context), epoch(context, {"coordinator": KEYS["town"]}, 2)))
    directory.publish()
    directory.locator = None
    with pytest.raises(DirectoryRollback):  # else the one after it could give the epochs any keys
        directory.publish()
