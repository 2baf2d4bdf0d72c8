"""Every command of the three programs, run in a network in which others wrote hostile strings wherever they can.

A command that is not in `LINES` or `NOT_RUN` fails the test that walks them: add its line to the story, which goes on
from command to command. Each is run with ``--json`` and without; a second run may be refused, which is also shown.
"""

import json
import os
import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from unittest import mock

import click

from consent_ledger.cli.program import main as audit_main
from coordinator.cli.program import main as coordinator_main
from node.cli.program import main as node_main
from node.people.model import PersonRecord
from policies.errors import ErrorKind, RedpactError
from tests.support.commands import invoke
from tests.support.exchange import hold, person_record
from tests.support.help_pages import commands
from tests.support.hostile_strings import HOSTILE
from tests.support.network import Network, network
from tests.support.people import OTHER_PERSON, PERSON
from tests.support.signatures import TestAuthority
from tests.support.training import write_table
from tools.reference import PROGRAMS, program_command

MAINS: Final[Mapping[str, Callable[[], None]]] = {
    "redpact-node": node_main,
    "redpact-coordinator": coordinator_main,
    "redpact-audit": audit_main,
}
NOT_RUN: Final = {
    "redpact-node serve": "it goes on; what it prints is a sentence of ours",
    "redpact-coordinator serve": "the same",
}
STAFF: Final = "staff-7"

NODE_LINES: Final[Mapping[str, str]] = {
    "init": "--token -",
    "status": "",
    "doctor": "",
    "vocabulary": "",
    "records format": "",
    "records template": "{new}.xlsx",
    "records import": "{csv}",
    "records imports": "",
    "records mapping add": "padron --column {hostile}=birth_date",
    "records mapping list": "",
    "records mapping show": "padron",
    "records mapping suggest": "{csv}",
    "records mapping remove": "padron",
    "records import-undo": "{hostile}",
    "records list": "",
    "case team add": "--document {person} --professional staff-7 --role social_educator --by boss-1",
    "case team list": "--document {person}",
    "case open": "--document {other} --reason urgent_situation",
    "records show": "--document {person}",
    "household join": "--document {other} --household UC-77 --role holder --move",
    "household list": "--document {other}",
    "household show": "--household UC-77",
    "household leave": "--document {other} --household UC-77",
    "support add": "--document {person} --relation de_facto --measure de_facto --supporter-document {other} "
    "--supporter-name Nadie --supporter-birth-date 1970 --reference {hostile}",
    "support list": "--document {person}",
    "support end": "0123456789abcdef --document {person}",
    "support rules": "",
    "consent grant": "--document {person} --purpose casework,referral --recipient liar --fields {fields} --holder liar",
    "consent refuse": "--document {other} --purpose casework --recipient liar",
    "consent list": "--document {person}",
    "consent status": "{consent}",
    "consent receipt": "{consent} {receipts}",
    "consent evidence": "{consent} {new}.pdf",
    "consent renew": "{consent}",
    "consent narrow": "{consent} --drop-holder liar",
    "consent requests": "",
    "consent confirm": "{asked}",
    "consent decline": "{asked} --reason not_signed",
    "consent form-scan": "{asked} --out {new}.pdf",
    "consent form": "--document {person} --out {new}.pdf --purpose casework --recipient liar",
    "consent grant-signed": "{csv}",
    "consent assurance show": "",
    "consent assurance set": "--p1 person_code",
    "consent authorities add": "{authority} --fingerprint {fingerprint}",
    "consent authorities list": "",
    "consent authorities remove": "{fingerprint}",
    "card issue": "--document {person} --out {new}.html --no-pdf",
    "card list": "--document {person}",
    "card replace": "--document {person} --out {new}.html --no-pdf",
    "card block": "--document {person}",
    "fetch": "--document {person} --purpose casework --from liar",
    "records shared": "--document {person}",
    "records access-report": "--document {person} --out {new} --ask",
    "records readings": "--document {person}",
    "records doubts": "",
    "person rename": "--document {other} --name {hostile}",
    "person merge": "--document {person} --with {other}",
    "person split": "--document {other}",
    "person assign": "--document {person}",
    "person document": "--document {other} --new X0000000T",
    "person deceased": "--document X0000000T --date 2026-01-02",
    "records same-person": "--document {person} --entity liar",
    "records export": "{new}.csv",
    "records generate": "{new}.csv --province soria --people 20 --seed 7",
    "records linkage-code": "{new}.html",
    "case grid": "--document {person} --purpose casework --from liar",
    "case assessment": "--document {person} --purpose casework --from liar --html {new}.html",
    "case overlaps": "--document {person} --purpose casework --from liar",
    "case action add": "--document {person} --what job_guidance",
    "case action list": "--document {person}",
    "case action update": "--document {person} {action} --state done",
    "case team remove": "--document {person} --professional staff-9",
    "referral capacity set": "training --places 2 --wait-days 0",
    "referral capacity list": "",
    "referral capacity ask": "training",
    "referral send": "--document {person} --to liar --service job_guidance --need employment",
    "referral list": "",
    "referral show": "{referral}",
    "referral slip": "{referral} {new}.html",
    "referral link": "{referral} --document {person}",
    "referral accept": "{referral}",
    "referral start": "{referral}",
    "referral finish": "{referral} --result given",
    "referral reject": "{referral} --reason no_places",
    "referral take": "{referral} --document {person}",
    "referral revoke": "{referral} --reason sent_by_mistake",
    "inbox list": "",
    "inbox done": "1",
    "ledger status": "",
    "ledger witness": "",
    "ledger policy": "",
    "ledger seen": "liar",
    "ledger export": "{ledger}",
    "ledger retain": "--dry-run",
    "anchors show": "",
    "anchors fingerprint": "",
    "anchors pin": "liar --fingerprint {fingerprint}",
    "anchors unpin": "liar",
    "anchors quorum": "0",
    "pseudonym-key serve": "",
    "pseudonym-key status": "",
    "pseudonym-key rotate": "",
    "pseudonym-key log": "",
    "pseudonym-key holders": "",
    "pseudonym-key require": "liar",
    "directory status": "",
    "directory settle": "--restart --by boss-1",
    "directory export": "{directory}",
    "training register-table": "demo --data {table} --schema {schema}",
    "training list": "",
    "training approve": "{campaign} --reason {hostile}",
    "training report": "{campaign}",
    "training evaluate": "{campaign}",
    "training use": "{campaign}",
    "recover": "",
    "recovery list": "",
    "recovery veto": "--by boss-1",
    "recovery obey": "{table}",
    "training withdraw": "{campaign} --reason {hostile}",
    "training refuse": "{campaign} --reason {hostile}",
    "training budget": "",
    "training policy set": "prueba --refuse --until 2999-01-01",
    "training policy list": "",
    "training policy remove": "prueba",
    "risk list": "",
    "risk alerts": "",
    "risk override": "{ref} --reason {hostile}",
    "risk confirm": "{ref}",
    "risk reasons": "",
    "risk off": "--reason {hostile}",
    "risk on": "--reason {hostile}",
    "risk status": "",
    "user add": "staff-8 --name {hostile} --role professional",
    "user list": "",
    "user disable": "staff-8",
    "user reset": "staff-8",
    "keys show": "",
    "consent withdraw": "{consent}",
    "records erase": "--document {other} --basis eu-gdpr:A17-1-a --yes",
    "keys rotate": "--exchange",
}
COORDINATOR_LINES: Final[Mapping[str, str]] = {
    "init": "",
    "status": "",
    "doctor": "",
    "entity invite": "nueva --name {hostile} --kind public",
    "entity list": "",
    "directory export": "{new}",
    "locator status": "",
    "locator rotate": "",
    "locator add-holder": "liar",
    "locator drop-holder": "liar",
    "training start": "--name {hostile} --source table --dataset demo --schema {schema} --epsilon 4 --minimum-cohort 3",
    "training status": "",
    "training review": "{campaign} --output {new}",
    "training edit": "{campaign} --feature tenure --reason {hostile} --remove",
    "training publish": "{campaign}",
    "training release": "{campaign} --output {new}",
    "training recall": "{campaign} --reason {hostile}",
    "training simulate": "--data {table} --schema {schema} --epsilon 4",
    "training stop": "{campaign} --reason {hostile}",
    "officer add": "boss-2 --key-file {new} --passphrase-file {schema}",
    "officer list": "",
    "officer require": "1",
    "officer disable": "boss-2",
    "approve": "--list",
    "entity recover": "ghost",
    "entity suspend": "ghost --reason {hostile}",
    "entity reinstate": "ghost",
}
AUDIT_LINES: Final[Mapping[str, str]] = {
    "verify": "{ledger}",
    "report": "{ledger} --output {new}.html",
    "receipt": "{receipts}/consent.tlog-proof",
    "directory": "{directory}",
    "model": "{ledger}",
}
LAST: Final = ("training stop", "entity suspend")
"""Commands of the coordinator after which a node can do less."""
LINES: Final = {
    **{f"redpact-coordinator {name}": line for name, line in COORDINATOR_LINES.items() if name not in LAST},
    **{f"redpact-node {name}": line for name, line in NODE_LINES.items()},
    **{f"redpact-audit {name}": line for name, line in AUDIT_LINES.items()},
    **{f"redpact-coordinator {name}": COORDINATOR_LINES[name] for name in LAST},
}
"""The arguments of every command, in the order in which they are run."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a command."""

    command: str
    words: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def is_json(self) -> bool:
        """Whether it was asked for JSON."""
        return "--json" in self.words


class SaysHostileThings(RedpactError):
    """A refusal of a peer in the words of an attacker."""

    code = "hostile"
    kind = ErrorKind.REFUSED


@dataclass
class Walk:
    """The network, and what was learnt from earlier commands."""

    net: Network
    folder: Path
    facts: dict[str, str] = field(default_factory=dict)
    _count: int = 0

    def run(self, command: str) -> Iterator[Ran]:
        """Run a command as a program reads it and as a person does."""
        program, _space, name = command.partition(" ")
        flags = {flag for each in leaves()[command].params for flag in each.opts}
        for more in (("--json",), ("--lang", "es")):
            words = [*name.split(), *self._words(LINES[command]), *(more if more[0] in flags else ())]
            if "--professional" in flags and "--professional" not in words:
                words += ["--professional", STAFF]
            if "--home" in flags:
                words += ["--home", str(self._home(program))]
            yield self._ran(command, tuple(words))

    def _ran(self, command: str, words: tuple[str, ...]) -> Ran:
        os.umask(0o022)  # as many systems have it
        ended = invoke(MAINS[command.partition(" ")[0]], *words, stdin="")
        if "--json" in words and ended.code == 0:
            with suppress(ValueError):
                self._learn(command, json.loads(ended.out))
        return Ran(command, words, ended.code, ended.out, ended.err)

    def _home(self, program: str) -> Path:
        made = self.net.nodes["soria"] if program == "redpact-node" else self.net.coordinator
        return made.context.home

    def _words(self, line: str) -> list[str]:
        words = []
        for word in shlex.split(line):
            if "{new}" in word:
                self._count += 1
                self.facts["new"] = str(self.folder / f"out-{self._count}")
            words.append(word.format_map(_Facts(self.facts)))
        return words

    def _learn(self, command: str, document: dict[str, Any]) -> None:
        known = {
            "redpact-node consent grant": ("consent", "consent_id"),
            "redpact-node referral send": ("referral", "referral_id"),
            "redpact-coordinator training start": ("campaign", "id"),
            "redpact-node case action add": ("action", "action_id"),
        }
        if command in known:
            name, key = known[command]
            self.facts.setdefault(name, str(document[key]))


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "0" * 32  # nothing of the kind was made: the refusal is shown instead


def leaves() -> dict[str, click.Command]:
    """Return every command that is no group, by its whole name."""
    return {
        path: command
        for program in PROGRAMS
        for path, command in commands(program_command(program), program)
        if not isinstance(command, click.Group)
    }


@contextmanager
def hostile_network(root: Path) -> Iterator[Walk]:
    """Give a network of three entities, one with a hostile name, one with hostile addresses, both with hostile people.

    The liar refuses in hostile words whatever it is asked or told.
    """
    with network(root / "net") as net:
        net.join("soria")
        net.join("liar", name=HOSTILE)
        net.join("ghost", name=f"2 {HOSTILE}"[:200])
        with net.coordinator.context.transaction() as session:
            net.coordinator.registry(session).set_addresses(
                "ghost", ("ghost\x1b]52;c;cm0gLXJmIC8=\x07.example:1", "\u202eghost:2"), net.clock.now()
            )
        for entity in ("soria", "liar"):
            hold(net.nodes[entity], _hostile_person(), person_record(OTHER_PERSON, name=f"=1+1 {HOSTILE}"))
        soria = net.nodes["soria"]
        soria.directory_follower.refresh()
        with mock.patch.object(net.nodes["liar"].incoming, "take", _refuse):
            net.serve("liar")
            yield Walk(net, root, _facts(root))


def _hostile_person() -> PersonRecord:
    plain = person_record(PERSON, name=HOSTILE)
    return replace(plain, fields={**plain.fields, "action.notes": HOSTILE, "person.contact": HOSTILE})


def _refuse(*_arguments: object, **_named: object) -> Any:
    raise SaysHostileThings(HOSTILE)


def _facts(root: Path) -> dict[str, str]:
    folder = root / "given"
    folder.mkdir()
    table, schema = write_table(folder, "soria", people=40)
    authority = folder / "ca.pem"
    made = TestAuthority()
    authority.write_bytes(made.pem)
    csv = folder / "people.csv"
    csv.write_text(HOSTILE.replace("\n", " ") + "\n", encoding="utf-8")
    return {
        "person": PERSON.number,
        "other": OTHER_PERSON.number,
        "fields": "work.status,case.needs",
        "hostile": HOSTILE.replace("\x00", ""),
        "csv": str(csv),
        "table": str(table),
        "schema": str(schema),
        "authority": str(authority),
        "fingerprint": made.fingerprint,
        "ledger": str(root / "exported-ledger"),
        "directory": str(root / "exported-directory"),
        "receipts": str(root / "receipt"),
    }
