"""A node's home in which every part of a person's data is a canary, and every command of the program to run on it."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import click

from consent_ledger.log.bodies import read_body
from consent_ledger.log.entry import Body, Leaf
from node.cards.cards import CardInput
from node.care.access import CaseRegister
from node.care.actions import ActionInput, CaseActions
from node.consents.consents import GrantInput
from node.ledger.own import own_ledger
from node.people.store import people_store
from node.referrals.referrals import NewReferral
from node.wiring import Node
from policies.local_days import local_day
from policies.record_readings import RecordPart
from presentation.formats import day
from records_exchange.assurance.person_code import grouped
from service.clock import SystemClock
from tests.support.assurance import PROFESSIONAL, signed_form
from tests.support.exchange import PERSON, ExchangeNetwork, grant, hold, person_record
from tests.support.wires import Wires
from tools.reference import program_command
from trust.parties import EntityKind

NAME: Final = "Zenobia Canario Inventado"
BIRTH: Final = date(1937, 3, 19)
ACTION_UNTIL: Final = date(2033, 7, 21)
_ASK: Final = ("--purpose", "casework")
_WHOSE: Final = ("--document", PERSON.number)

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "init": ("--token-file", "{missing}"),
    "serve": ("--listen", "no address"),
    "status": (),
    "doctor": (),
    "vocabulary": ("purposes",),
    "fetch": (*_WHOSE, *_ASK, "--from", "ngo"),
    "records import": ("{missing}",),
    "records imports": (),
    "records import-undo": ("no-such-import",),
    "records mapping add": ("padron", "--column", "F. NAC.=birth_date"),
    "records mapping list": (),
    "records mapping show": ("padron",),
    "records mapping remove": ("padron",),
    "records mapping suggest": ("{missing}",),
    "records export": ("{out}",),
    "records list": (),
    "records show": _WHOSE,
    "records generate": ("--people", "1"),
    "pseudonym-key serve": (),
    "pseudonym-key status": (),
    "pseudonym-key rotate": (),
    "pseudonym-key log": (),
    "pseudonym-key holders": (),
    "pseudonym-key require": ("ngo",),
    "records format": (),
    "records template": ("{out}.xlsx",),
    "records shared": _WHOSE,
    "records access-report": (*_WHOSE, "--no-ask", "--out", "{out}"),
    "records readings": _WHOSE,
    "records erase": (*_WHOSE, "--basis", "eu-gdpr:A17-1-b", "--yes"),
    "records doubts": (),
    "records same-person": (*_WHOSE, "--entity", "ngo"),
    "records linkage-code": ("{out}",),
    "person rename": (*_WHOSE, "--name", "Otra Persona Inventada"),
    "person document": (*_WHOSE, "--new", "12345678Z"),
    "person deceased": (*_WHOSE, "--date", "2026-01-02"),
    "person merge": (*_WHOSE, "--with", "12345678Z"),
    "person split": _WHOSE,
    "person assign": _WHOSE,
    "card issue": (*_WHOSE, "--out", "{out}", "--no-pdf"),
    "card list": (),
    "card block": _WHOSE,
    "card replace": (*_WHOSE, "--out", "{out}", "--no-pdf"),
    "household join": (*_WHOSE, "--household", "UC-77", "--role", "holder", "--move"),
    "household list": _WHOSE,
    "household show": ("--household", "H-1"),
    "household leave": (*_WHOSE, "--household", "H-1"),
    "support add": (
        *(*_WHOSE, "--relation", "de_facto", "--measure", "de_facto", "--supporter-document", "12345678Z"),
        *("--supporter-name", "Nadie", "--supporter-birth-date", "1970"),
    ),
    "support list": _WHOSE,
    "support end": ("0123456789abcdef", *_WHOSE),
    "support rules": (),
    "consent grant": (*_WHOSE, *_ASK, "--recipient", "ngo"),
    "consent refuse": (*_WHOSE, *_ASK, "--recipient", "ngo"),
    "consent renew": ("{consent}",),
    "consent withdraw": ("{consent}",),
    "consent narrow": ("{consent}", "--fields", "person.language"),
    "consent status": ("{consent}",),
    "consent list": (),
    "consent receipt": ("{consent}", "{out}", "--no-pdf"),
    "consent evidence": ("{request}", "{out}"),
    "consent requests": (),
    "consent confirm": ("{request}", "--professional", PROFESSIONAL),
    "consent decline": ("{request}", "--professional", PROFESSIONAL, "--reason", "form_unreadable"),
    "consent form-scan": ("{request}", "--out", "{out}"),
    "consent form": (*_WHOSE, *_ASK, "--recipient", "ngo", "--out", "{out}"),
    "consent grant-signed": ("{missing}",),
    "consent assurance show": (),
    "consent assurance set": ("{missing}",),
    "consent authorities add": ("{missing}",),
    "consent authorities list": (),
    "consent authorities remove": ("{missing}",),
    "case open": (*_WHOSE, "--reason", "attended_now"),
    "case grid": _WHOSE,
    "case assessment": _WHOSE,
    "case overlaps": _WHOSE,
    "case team add": (*_WHOSE, "ts-09", "--function", "entity_technician"),
    "case team remove": (*_WHOSE, PROFESSIONAL),
    "case team list": _WHOSE,
    "case action add": (*_WHOSE, "--what", "food_delivery"),
    "case action update": (*_WHOSE, "{action}", "--state", "done"),
    "case action list": _WHOSE,
    "referral send": (*_WHOSE, "--to", "ngo", "--service", "training"),
    "referral list": (),
    "referral show": ("{referral}",),
    "referral slip": ("{referral}", "{out}"),
    "referral accept": ("{referral}",),
    "referral reject": ("{referral}", "--reason", "no_capacity"),
    "referral start": ("{referral}",),
    "referral finish": ("{referral}", "--result", "given"),
    "referral revoke": ("{referral}", "--reason", "no_longer_needed"),
    "referral link": ("{referral}", *_WHOSE),
    "referral take": ("{referral}", *_WHOSE),
    "referral capacity set": ("training", "--places", "3"),
    "referral capacity list": (),
    "referral capacity ask": ("training",),
    "inbox list": (),
    "inbox done": ("1",),
    "ledger export": ("{out}",),
    "ledger status": (),
    "ledger witness": (),
    "ledger policy": (),
    "ledger seen": ("ngo",),
    "ledger retain": ("--dry-run",),
    "keys show": (),
    "keys rotate": ("witness",),
    "anchors show": (),
    "anchors fingerprint": (),
    "anchors pin": ("ngo", "--fingerprint", "0000"),
    "anchors unpin": ("ngo",),
    "anchors quorum": ("1",),
    "directory status": (),
    "directory settle": ("{missing}",),
    "directory export": ("{out}",),
    "training list": (),
    "training approve": ("none",),
    "training refuse": ("none",),
    "training withdraw": ("none",),
    "training report": ("{out}",),
    "training register-table": ("{missing}",),
    "training budget": (),
    "training evaluate": ("none",),
    "training use": ("none",),
    "recover": (),
    "recovery list": (),
    "recovery veto": ("--by", "boss-1"),
    "recovery obey": ("{missing}",),
    "training policy set": ("{missing}",),
    "training policy list": (),
    "training policy remove": ("none",),
    "risk list": (),
    "risk alerts": (),
    "risk override": ("{person}", "--reason", "professional_judgement"),
    "risk confirm": ("{person}",),
    "risk reasons": (),
    "risk off": ("--reason", "professional_judgement"),
    "risk on": (),
    "risk status": (),
    "user add": ("ts-11", "--name", "Nueva", "--role", "professional"),
    "user list": (),
    "user disable": ("ts-11",),
    "user reset": ("ts-11",),
}
"""The command under its path, with arguments. A command that is missing here fails the test that walks them."""


@dataclass(frozen=True, slots=True)
class CanaryHome:
    """A seeded home.

    Attributes:
        home: never run a command on it: take a copy.
        values: what stands for the placeholders of `COMMANDS`.
        canaries: texts of which each is data of the person, in any form in which it is shown.
    """

    home: Path
    values: Mapping[str, str]
    canaries: Mapping[str, str]

    def copy(self, target: Path) -> Path:
        """Return a copy of the home, for one command."""
        shutil.copytree(self.home, target)
        return target

    def shown(self, text: str, words: tuple[str, ...]) -> list[str]:
        """Return the canaries in a text that the command was not given."""
        given = " ".join(words)
        return [name for name, canary in self.canaries.items() if canary in text and canary not in given]


def leaves(command: click.Command | None = None, path: str = "") -> Iterator[tuple[str, click.Command]]:
    """Yield the commands of the node's program with their paths."""
    command = command or program_command("redpact-node")
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name, child in command.commands.items():
        yield from leaves(child, f"{path} {name}".strip())


def seeded(root: Path) -> CanaryHome:
    """Make two entities: ``town`` holds the person, and received a consent of ``ngo`` that waits for a confirmation."""
    network = ExchangeNetwork(root / "network", SystemClock())
    for entity in ("ngo", "town"):
        hold(network.add(entity, kind=EntityKind.PUBLIC), person_record(name=NAME, birth=BIRTH))
    wires = Wires(network.nodes)
    wires.join()
    town, ngo = network.nodes["town"], network.nodes["ngo"]
    consent = grant(town, "ngo", purposes=("casework", "referral"), valid_days=777)
    referral = town.referrals.send(NewReferral(PERSON, "ngo", "training", "ordinary"))
    form = signed_form(root)
    asked = GrantInput(PERSON, ("casework",), ("ngo",), ("work.status",), 555, evidence=form, holders=("town",))
    request = ngo.consents.grant(asked).consent_id
    for node in (ngo, town):
        node.outbox.deliver_due()
    card = town.cards.issue(CardInput(PERSON, 2)).card
    CaseRegister(town.context).add_member(PERSON, PROFESSIONAL, "entity_technician", added_by="ts-00")
    CaseRegister(town.context).read(PERSON, PROFESSIONAL, RecordPart.RECORD)
    action = CaseActions(town.context).add(PERSON, PROFESSIONAL, ActionInput("food_delivery", until=ACTION_UNTIL))
    with town.context.snapshot() as session:
        person = people_store(town.context, session).get_by_document(PERSON).person_id
    ends = [local_day(network.clock.now()) + timedelta(days=days) for days in (777, 555)]
    dates = {"birth": BIRTH, "action": ACTION_UNTIL, "own consent": ends[0], "request": ends[1]}
    canaries = {"name": NAME, "document": PERSON.number, "person": person, "card": card.serial}
    canaries |= {"card in words": grouped(card.serial), "person in words": person[:8]}
    canaries |= {name: each.isoformat() for name, each in dates.items()}
    canaries |= {f"{name} in words": day(each, "es") for name, each in dates.items()}
    values = {"consent": consent, "request": request, "referral": referral.referral_id, "person": person}
    values |= {"action": action.action_id, "missing": str(root / "missing")}
    network.close()
    return CanaryHome(town.context.home, values, canaries)


def bodies_since(home: Path, size: int) -> list[Body]:
    """Return the contents of the entries from an index on."""
    node = Node(home)
    try:
        with node.context.snapshot() as session:
            ledger = own_ledger(node.context, session)
            kinds = [Leaf.parse(leaf).type for leaf in ledger.store.leaves(0, ledger.size())]
            found = [(each.index, each.body) for each in ledger.store.bodies(size, ledger.size())]
        read = [read_body(kinds[index], body) for index, body in found]
        return [body for body in read if body is not None]
    finally:
        node.context.close()


def size_of(home: Path) -> int:
    """Return the number of entries."""
    node = Node(home)
    try:
        with node.context.snapshot() as session:
            return own_ledger(node.context, session).size()
    finally:
        node.context.close()
