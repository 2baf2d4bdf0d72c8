"""An older copy of a node's database is put back, and nobody is told: what was withdrawn meanwhile stays withdrawn.

What only the lost entries knew, a card that was blocked or a withdrawal that a holder had acknowledged, is restored by
no peer: see `docs/threat-model.md`.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent_ledger.consents.model import ConsentState
from node.consents.propagation.background import send_heartbeats
from node.fetch.asking import question_of
from node.wiring import Node
from tests.support.exchange import PERSON
from tests.support.parts import without_durability
from tests.support.town import FIELDS, Town

pytestmark = pytest.mark.invariant(11)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path)
    yield made
    made.network.close()


class Backup:
    """A copy of the database of an entity, as it was when the copy was made."""

    def __init__(self, town: Town, entity: str) -> None:
        self._town, self._entity = town, entity
        self._home = town[entity].context.home
        self._copy = self._home.with_name(f"{entity}-backup")
        town[entity].close()
        shutil.copytree(self._home, self._copy)
        self._open()

    def restore(self) -> None:
        """Put the copy in the place of what the entity has now."""
        self._town[self._entity].close()
        shutil.rmtree(self._home)
        shutil.copytree(self._copy, self._home)
        self._open()

    def _open(self) -> None:
        node = Node(self._home, clock=self._town.network.clock)
        without_durability(node.context)
        self._town.network.nodes[self._entity] = node
        self._town.wires.nodes[self._entity] = node
        self._town.wires.join([self._entity])


def shares(town: Town) -> set[str]:
    return town.shares("holder", FIELDS)


def test_an_origin_that_lost_a_withdrawal_does_not_revive_it_at_the_holders(town: Town) -> None:
    consent = town.give("holder", "other")
    town.deliver()
    assert shares(town) == set(FIELDS)
    backup = Backup(town, "origin")
    town["origin"].consents.withdraw(consent)
    town.deliver()
    assert shares(town) == set()
    backup.restore()
    town.deliver()
    for entity in ("origin", "holder"):
        send_heartbeats(town[entity].context, town[entity].outbox)
    town.deliver()
    assert town.state("holder", consent) is ConsentState.WITHDRAWN
    assert shares(town) == set()


def test_who_saw_a_holders_ledger_after_the_withdrawal_takes_no_answer_of_its_older_copy(town: Town) -> None:
    consent = town.give("holder", "other")
    town.deliver()
    backup = Backup(town, "holder")
    town["origin"].consents.withdraw(consent)
    town.deliver()
    assert shares(town) == set()
    backup.restore()
    question = question_of(town["asker"].context, "casework", fields=FIELDS)
    (reply,) = town["asker"].asking.fetch(PERSON, question, ["holder"]).replies
    assert reply.answer is None
    assert reply.error is not None


def test_a_withdrawal_repeated_by_the_person_reaches_a_holder_that_lost_it(town: Town) -> None:
    consent = town.give("holder", "other")
    town.deliver()
    backup = Backup(town, "holder")
    town["origin"].consents.withdraw(consent)
    town.deliver()
    backup.restore()
    town["holder"].consents.withdraw(consent)
    assert town.state("holder", consent) is ConsentState.WITHDRAWN
    town.deliver()
    assert shares(town) == set()
