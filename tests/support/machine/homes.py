"""The homes of the simulated entities, made once and copied for every run."""

import atexit
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from coordinator.authority import Authority
from node.keys import NodeKeys
from node.people.documents import Document, parse_document
from tests.support.assurance import trust_other_entities
from tests.support.clock import FrozenClock
from tests.support.directory_log import DirectoryLog, pin
from tests.support.exchange import ExchangeNetwork, hold, person_record
from trust.parties import EntityKind, Party
from trust.signing import Ed25519Signer

ENTITIES: Final = ("alba", "bierzo", "cabrera", "duero")
PEOPLE: Final = {"ana": parse_document("00000000T"), "luis": parse_document("12345678Z")}
KNOWN: Final = {"alba": ("ana", "luis"), "bierzo": ("ana", "luis"), "cabrera": ("ana",), "duero": ()}
FIELDS: Final = ("person.language", "work.status", "case.coordinator")
PURPOSES: Final = ("casework", "coordination")
START: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAME, NOTE, CONTACT = "CanarioNombre", "CanarioNotaLibre", "CanarioContacto"


def coordinator_of(entity: str) -> str:
    """Return the value that an entity has recorded in the field that shows whose answer it is."""
    return f"Canario{entity.capitalize()}"


def record(entity: str, document: Document) -> Any:
    record = person_record(document, name=f"{NAME} Apellido")
    planted = {"person.contact": CONTACT, "action.notes": NOTE, "case.coordinator": coordinator_of(entity)}
    return replace(record, fields={**record.fields, **planted})


@dataclass(frozen=True)
class Template:
    """The homes, and what the coordinator knows of them."""

    root: Path
    log: DirectoryLog
    authority: Authority
    parties: Mapping[str, Party]
    keys: Mapping[str, NodeKeys]


@cache
def template() -> Template:
    """Make the homes once: keys, databases, directory with its anchors, and the people known from the start."""
    root = Path(mkdtemp(prefix="redpact-template-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    network = ExchangeNetwork(root, FrozenClock(START))
    for entity in ENTITIES:
        node = network.add(entity, kind=EntityKind.PUBLIC)
        hold(node, *(record(entity, PEOPLE[person]) for person in KNOWN[entity]))
    network.log.anchors = {entity: Ed25519Signer.generate() for entity in ENTITIES}
    for entity, node in network.nodes.items():
        pin(node.context, {name: key for name, key in network.log.anchors.items() if name != entity}, 2)
        trust_other_entities(node.context)  # how consents travel is the subject, not what proves them
    network.publish(life=timedelta(days=4000))
    own = {entity: NodeKeys.load(root / entity) for entity in ENTITIES}
    network.close()
    return Template(root, network.log, network.authority, dict(network.parties), own)
