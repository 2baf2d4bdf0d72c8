"""What people do meanwhile, and what they were told is done: the record that everything is held against in the end."""

import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from node.consents.consents import GrantInput, RenewalInput, ScopeInput
from node.fetch.asking import question_of
from node.people.documents import Document, parse_document
from node.wiring import Node
from policies.errors import RedpactError
from records_exchange.answer import FetchAnswer
from tests.soak.network import NAMES
from tests.support.assurance import trust_other_entities
from tests.support.exchange import hold, person_record

FIELDS: Final = ("person.language", "work.status", "edu.level")
PURPOSES: Final = ("casework", "coordination")
PEOPLE: Final = 12
_LETTERS: Final = "TRWAGMYFPDXBNJZSQVHLCKE"


@dataclass(frozen=True, slots=True)
class Given:
    """A consent that was acknowledged to a person."""

    consent_id: str
    origin: str
    recipients: frozenset[str]
    holders: frozenset[str]


@dataclass(slots=True)
class Acknowledged:
    """What was said to be done. Written by several threads under `lock`."""

    given: dict[str, Given] = field(default_factory=dict)
    withdrawn: dict[str, set[str]] = field(default_factory=dict)
    answers: list[FetchAnswer] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Workload:
    """People at each entity, through the library that its commands and pages call."""

    def __init__(self, homes: dict[str, Path], seed: int) -> None:
        self.nodes = {entity: Node(home) for entity, home in homes.items()}
        self.seed = seed
        self.record = Acknowledged()
        self.people = [_document(number) for number in range(PEOPLE)]
        for node in self.nodes.values():
            hold(node, *(person_record(document) for document in self.people))
            trust_other_entities(node.context)

    def close(self) -> None:
        """Let the databases go."""
        for node in self.nodes.values():
            node.close()

    def people_act(self, stopping: threading.Event, *, workers: int = 2) -> list[threading.Thread]:
        """Let people act until the event is set; return the threads in which they do."""
        threads = [
            threading.Thread(target=self._act, args=(random.Random(self.seed * 1000 + number), stopping))
            for number in range(workers)
        ]
        for thread in threads:
            thread.start()
        return threads

    def _act(self, chance: random.Random, stopping: threading.Event) -> None:
        acts = [self.give] * 4 + [self.fetch] * 8 + [self.withdraw] * 2 + [self.narrow, self.renew]
        while not stopping.wait(chance.uniform(0.02, 0.3)):
            act = chance.choice(acts)
            try:
                if act(chance):
                    self._count(act.__name__)
            except RedpactError as error:  # not acknowledged: nobody was told that it is done
                with self.record.lock:
                    self.record.refused[f"{act.__name__}: {error.code}"] += 1

    def give(self, chance: random.Random) -> bool:
        """A person signs, for this entity and some others."""
        origin, *others = chance.sample(sorted(NAMES), len(NAMES))
        recipients, holders = others[: chance.randint(1, 3)], others[3 - chance.randint(0, 2) :]
        given = GrantInput(chance.choice(self.people), PURPOSES, recipients, FIELDS, holders=holders)
        view = self.nodes[origin].consents.grant(given)
        with self.record.lock:
            self.record.given[view.consent_id] = Given(
                view.consent_id, origin, frozenset(recipients), frozenset(holders)
            )
        return True

    def fetch(self, chance: random.Random) -> bool:
        """A professional asks everybody else about somebody."""
        asker = chance.choice(sorted(NAMES))
        node = self.nodes[asker]
        ended = {holder: self._ended_at(holder) for holder in NAMES}
        question = question_of(node.context, chance.choice(PURPOSES), fields=FIELDS)
        fetched = node.asking.fetch(chance.choice(self.people), question, [name for name in NAMES if name != asker])
        with self.record.lock:
            for reply in fetched.replies:
                if reply.answer is None:
                    self.record.refused[f"fetch: {reply.error.code if reply.error else ''}"] += 1
                    continue
                self.record.answers.append(reply.answer)
                if after := ended[reply.holder.id].intersection(reply.answer.consents):
                    self.record.broken.append(f"{reply.holder.id} shared under {after} after their withdrawal there")
        return True

    def withdraw(self, chance: random.Random) -> bool:
        """A person withdraws, at any entity that has a part in the consent."""
        consent = self._one(chance)
        if consent is None:
            return False
        where = chance.choice(sorted({consent.origin, *consent.holders, *consent.recipients}))
        self.nodes[where].consents.withdraw(consent.consent_id)
        with self.record.lock:
            self.record.withdrawn.setdefault(consent.consent_id, set()).add(where)
        return True

    def narrow(self, chance: random.Random) -> bool:
        """A person takes a field out."""
        consent = self._one(chance)
        if consent is None:
            return False
        left = ScopeInput(fields=chance.sample(FIELDS, 2))
        self.nodes[consent.origin].consents.narrow(consent.consent_id, left)
        return True

    def renew(self, chance: random.Random) -> bool:
        """A person lets a consent go on."""
        consent = self._one(chance)
        if consent is None:
            return False
        self.nodes[consent.origin].consents.renew(RenewalInput(consent.consent_id, chance.randint(10, 500)))
        return True

    def _one(self, chance: random.Random) -> Given | None:
        with self.record.lock:
            live = [each for each in self.record.given.values() if each.consent_id not in self.record.withdrawn]
        return chance.choice(live) if live else None

    def _ended_at(self, holder: str) -> frozenset[str]:
        with self.record.lock:
            return frozenset(consent for consent, where in self.record.withdrawn.items() if holder in where)

    def _count(self, what: str) -> None:
        with self.record.lock:
            self.record.done[what] += 1


def _document(number: int) -> Document:
    digits = 10_000_000 + 7919 * number
    return parse_document(f"{digits}{_LETTERS[digits % 23]}")
