"""The private locator: processor time of one question's cryptography, and whole questions while the locator grows."""

import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import insert

from coordinator.locator.tables import EntryRow
from coordinator.settings import CoordinatorSettings
from coordinator.tables import EntityRow
from coordinator.wiring import Coordinator
from deploy.local.network import NETWORK, Entity, LocalNetwork
from deploy.local.programs import Programs
from node.people.documents import Document, DocumentKind
from node.wiring import Node
from records_exchange import oprf
from records_exchange.network_pseudonym import (
    Evaluation,
    PseudonymQuery,
    combine,
    locator_input,
    locator_token,
)
from tests.support.oprf import evaluate_directly
from trust.locator_terms import HeldKey, LocatorEpoch
from trust.parties import COORDINATOR_ID

ASKER: Final = "leon"
PURPOSE: Final = "coordination"
ENTITIES: Final = 300
FEW, MANY = 1000, 200_000
HOLDERS_EACH: Final = 3
ALL_DOCUMENTS: Final = 10**8
_QUOTA: Final = 1_000_000
_KNOWN: Final = 64


def processor_milliseconds(questions: int) -> list[tuple[str, float]]:
    """Return the processor time of each step of one question, and of the whole, in milliseconds."""
    key = oprf.derive_key_pair(os.urandom(32), b"bench")
    epoch = _epoch(key)
    spent = dict.fromkeys(("blind", "evaluate and prove", "verify and finalise"), 0.0)
    for number in range(questions):
        started = time.process_time()
        query = PseudonymQuery(NETWORK, epoch, [f"dni|{number:08}T"])
        blinded = time.process_time()
        evaluation = Evaluation(*oprf.evaluate_proved(key, query.elements(COORDINATOR_ID)))
        evaluated = time.process_time()
        query.finish({COORDINATOR_ID: evaluation})
        finished = time.process_time()
        for name, seconds in zip(spent, (blinded - started, evaluated - blinded, finished - evaluated), strict=True):
            spent[name] += seconds
    rows = [(name, 1e3 * seconds / questions) for name, seconds in spent.items()]
    return [*rows, ("whole question (aim 3)", sum(milliseconds for _, milliseconds in rows))]


def hours_to_enumerate(documents: int) -> float:
    """Return the hours of one processor core in which a key holder could compute the token of every DNI."""
    key = oprf.derive_key_pair(os.urandom(32), b"bench")
    epoch = _epoch(key)
    started = time.process_time()
    for number in range(documents):
        _token(key, epoch, f"dni|{number:08}T")
    return (time.process_time() - started) / documents * ALL_DOCUMENTS / 3600


@contextmanager
def growing_locator(folder: Path) -> Iterator[tuple[Callable[[int], None], Callable[[], object]]]:
    """Bring up a coordinator with 300 entities and 1,000 people; give what adds people, and what asks one question.

    The asker is this process; half of the people asked about are known to three holders, half to nobody.
    """
    folder.mkdir(parents=True)
    programs = Programs(folder / "commands.log")
    with LocalNetwork(folder, [Entity(ASKER, "Diputación de León")], programs) as network:
        network.start_coordinator()
        network.enrol(network.entities[0])
        network.coordinator.stop()
        home = network.coordinator_home
        quotas = {f"locator_{kind}_{time}": _QUOTA for kind in ("evaluations", "questions") for time in ("hour", "day")}
        CoordinatorSettings.load(home).model_copy(update=quotas).save(home)
        coordinator, node = Coordinator(home), Node(network.home(ASKER))
        _add_entities(coordinator)
        network.coordinator.start()
        network.coordinator.wait_ready()
        node.directory_follower.refresh()
        locating, numbers = node.locating, iter(range(10**7))

        def ask() -> None:
            number = next(numbers)
            known = number % 2 == 0
            document = _document(number // 2 % _KNOWN if known else _KNOWN + number)
            if len(locating.locate(document, PURPOSE).holders) != (HOLDERS_EACH if known else 0):
                raise RuntimeError(f"the locator was wrong about {document.canonical}")

        try:
            _fill(coordinator, FEW, asked=True)
            yield (lambda people: _fill(coordinator, people, asked=False)), ask
        finally:
            node.close()
            coordinator.close()


def _document(number: int) -> Document:
    return Document(DocumentKind.DNI, f"{number:08}T")  # people who do not exist: the letter does not matter here


def _epoch(key: oprf.KeyPair) -> LocatorEpoch:
    held = HeldKey(holder=COORDINATOR_ID, public_key=key.public.hex())
    return LocatorEpoch(number=1, keys=(held,), started=datetime.now(UTC))


def _token(key: oprf.KeyPair, epoch: LocatorEpoch, document: str) -> str:
    output = evaluate_directly(key.secret, locator_input(NETWORK, document))
    return locator_token(combine(NETWORK, epoch, {COORDINATOR_ID: output}), ASKER, PURPOSE)


def _holder(number: int) -> str:
    return f"entity-{number:03}"


def _add_entities(coordinator: Coordinator) -> None:
    now = coordinator.context.clock.now()
    with coordinator.context.transaction() as session:
        party = coordinator.registry(session).party(ASKER)
        for number in range(ENTITIES - 1):
            session.add(
                EntityRow(
                    id=_holder(number),
                    name=_holder(number),
                    kind="public",
                    status="active",
                    status_reason="",
                    addresses="",
                    signing_key=party.signing_key,
                    exchange_key=party.exchange_key,
                    ledger_vkey=party.ledger_vkey,
                    admitted_at=now,
                    changed_at=now,
                )
            )
        coordinator.registry(session).publish(now)


def _fill(coordinator: Coordinator, people: int, *, asked: bool) -> None:
    """Publish `people` more, each of three holders; when `asked`, those whom the questions are about among them."""
    chooser, now = random.Random(people), coordinator.context.clock.now()
    with coordinator.context.snapshot() as session:
        epoch = coordinator.locator_epochs(session).live(1, now)
    key = coordinator.locator_keys.read(1)
    known = [_token(key, epoch, _document(number).canonical) for number in range(_KNOWN if asked else 0)]
    rows: list[dict[str, object]] = []
    for number in range(people):
        of_ours = number < len(known)
        shared = {
            "epoch": 1,
            "token": bytes.fromhex(known[number]) if of_ours else os.urandom(32),
            "asker": ASKER if of_ours else _holder(chooser.randrange(ENTITIES - 1)),
            "purpose": PURPOSE,
            "until": now + timedelta(days=200),
        }
        holders = chooser.sample(range(ENTITIES - 1), HOLDERS_EACH)
        rows += [{**shared, "holder": _holder(holder)} for holder in holders]
    with coordinator.context.transaction() as session:
        session.execute(insert(EntryRow), rows)
