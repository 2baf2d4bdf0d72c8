"""Four entities in one process, with real databases and wires that can be cut: for consents that travel."""

from pathlib import Path
from typing import Final

from consent_ledger.consents.model import ConsentState
from consent_ledger.log.entry import EntryType, Leaf
from node.consents.consents import GrantInput
from node.consents.status import ConsentStatus, consent_status
from node.fetch.asking import question_of
from node.ledger.own import own_consents, own_ledger
from node.wiring import Node
from tests.support.exchange import PERSON, ExchangeNetwork, hold, person_record
from tests.support.wires import Wires
from trust.parties import EntityKind

FIELDS: Final = ("person.language", "work.status")
ENTITIES: Final = ("origin", "holder", "asker", "other")


class Town:
    """Four entities: the person signs at `origin`, `holder` and `other` hold records too, `asker` asks."""

    def __init__(self, root: Path) -> None:
        self.network = ExchangeNetwork(root)
        for entity in ENTITIES:
            self.network.add(entity, kind=EntityKind.PUBLIC)
        for entity in ("origin", "holder", "asker"):
            hold(self[entity], person_record(PERSON))
        self.wires = Wires(self.network.nodes)
        self.wires.join()

    def __getitem__(self, entity: str) -> Node:
        return self.network.nodes[entity]

    def give(self, *holders: str, fields: tuple[str, ...] = FIELDS) -> str:
        given = GrantInput(PERSON, ("casework",), ("asker",), fields, holders=holders)
        return self["origin"].consents.grant(given).consent_id

    def deliver(self, *entities: str) -> None:
        for _ in range(4):  # a notification may lead to others
            for entity in entities or ENTITIES:
                self[entity].outbox.deliver_due()

    def later(self, **units: float) -> None:
        self.network.clock.advance(**units)  # type: ignore[attr-defined]  # the frozen clock of tests

    def shares(self, holder: str, fields: tuple[str, ...] = FIELDS) -> set[str]:
        question = question_of(self["asker"].context, "casework", fields=fields)
        (reply,) = self["asker"].asking.fetch(PERSON, question, [holder]).replies
        return {field.id for field in reply.answer.fields} if reply.answer else set()

    def status(self, entity: str, consent: str) -> ConsentStatus:
        return consent_status(self[entity].context, consent)

    def state(self, entity: str, consent: str) -> ConsentState | None:
        with self[entity].context.snapshot() as session:
            view = own_consents(self[entity].context, session).find(consent)
            return view.state if view else None

    def types(self, entity: str) -> list[EntryType]:
        with self[entity].context.snapshot() as session:
            ledger = own_ledger(self[entity].context, session)
            return [Leaf.parse(leaf).type for leaf in ledger.store.leaves(0, ledger.size())]
