"""The exchange, step by step: consent, fetch, what is withheld, locating, withdrawal, and the coordinator down."""

import csv
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from deploy.local.network import LocalNetwork
from deploy.local.programs import AUDIT, COORDINATOR, NODE, DemoFailed, at_once
from deploy.local.story import Story

PURPOSE: Final = "coordination"
CONSENTED: Final = "person.birth_year,person.language,household,work.status,edu.level,case,plan.services,housing"
"""Fields and groups of fields that the person agrees to share."""
PUBLISH_SECONDS: Final = 180.0
"""Bound on how long a node may take to tell the locator, also after the coordinator was away for a while."""
SENSITIVE: Final = "health.conditions_flag"
"""Asked for without a consent for it, to show that it is withheld."""


@dataclass(frozen=True, slots=True)
class Case:
    """A person whom two entities know: one asks, the other holds. `collaborator` may never ask."""

    asker: str
    holder: str
    stranger: str
    collaborator: str
    document: str


def find_person(data: Path, known_to: tuple[str, str], unknown_to: str) -> str:
    """Return the document of somebody in the records of two entities and not in those of a third.

    Raises:
        DemoFailed: there is nobody.
    """
    first, second = known_to
    both = sorted(documents(data, first) & documents(data, second) - documents(data, unknown_to))
    if not both:
        raise DemoFailed(f"nobody is known to both {first} and {second}: use larger populations")
    return both[0]


def documents(data: Path, entity: str) -> set[str]:
    """Return the documents of the people of an entity's table."""
    with (data / f"{entity}.csv").open(newline="", encoding="utf-8") as file:
        return {row["document"] for row in csv.DictReader(file)}


class ExchangeChapter:
    """What a professional and a person do."""

    def __init__(self, network: LocalNetwork, story: Story, case: Case, output: Path) -> None:
        self._network, self._story, self._case, self._output = network, story, case, output
        self._programs = network.programs

    def run(self) -> None:
        """Tell the whole chapter."""
        self._story.heading("Exchange: a person, two entities, one consent")
        self._without_consent()
        consent = self._grant()
        self._fetch()
        self._locate()
        self._coordinator_down(consent)
        self._found_no_more()
        self._collaborator()
        self._bad_input()

    def _without_consent(self) -> None:
        case = self._case
        with self._story.step(f"Before any consent, {case.asker} asks {case.holder} and {case.stranger}") as step:
            answer = self._asked(expected=1, holders=f"{case.holder},{case.stranger}")
            reasons = {item["holder"]: (item["outcome"], item.get("reason")) for item in answer["answers"]}
            if len(set(reasons.values())) != 1:
                raise DemoFailed(f"known and unknown people can be told apart: {reasons}")
            reason = next(iter(reasons.values()))[1]
            step.say("the same refusal from both")
        self._story.fact(
            "No consent, no data; nothing tells known from unknown",
            f"{case.holder} knows the person, {case.stranger} does not: both answered {reason}",
        )

    def _grant(self) -> str:
        case = self._case
        home = ("--home", self._network.home(case.holder))
        with self._story.step(f"The person consents at {case.holder} to what {case.asker} may see") as step:
            words = ("--purpose", PURPOSE, "--recipient", case.asker, "--fields", CONSENTED)
            view = self._programs.ask(NODE, "consent", "grant", "--document", "-", *words, *home, stdin=case.document)
            consent = str(view["consent_id"])
            step.say(f"{len(view['fields'])} fields, for {PURPOSE}, until {view['valid_until'][:10]}")
        receipt = self._output / "receipt"
        with self._story.step("The person's receipt, checked offline") as step:
            self._programs.ask(NODE, "consent", "receipt", consent, receipt, *home)
            checked = self._programs.ask(AUDIT, "receipt", next(receipt.glob("*.tlog-proof")))
            step.say(f"entry {checked['index']} of {checked['size']}")
        self._story.fact("A receipt that anybody can check", f"redpact-audit receipt {receipt}: verified")
        return consent

    def _fetch(self) -> None:
        case = self._case
        with self._story.step(f"{case.asker} asks again, one field more than was consented") as step:
            answer = self._asked(expected=0, holders=case.holder, fields=f"{CONSENTED},{SENSITIVE}")
            (given,) = answer["answers"]
            fields, withheld = given["fields"], {item["id"]: item["reason"] for item in given["withheld"]}
            if SENSITIVE not in withheld or SENSITIVE in {item["id"] for item in fields}:
                raise DemoFailed(f"{SENSITIVE} was not withheld")
            step.say(f"{len(fields)} fields, {len(withheld)} withheld")
        self._story.show(self._shown(fields=f"{CONSENTED},{SENSITIVE}"))
        self._story.fact(
            "Fields, not records, with their source and date",
            f"{len(fields)} released; {SENSITIVE} withheld: {withheld[SENSITIVE]}",
        )

    def _locate(self) -> None:
        case = self._case
        with self._story.step(f"{case.asker} asks without naming anybody: the private locator knows whom") as step:
            self._until_published(1)
            answer = self._asked(expected=0, holders="")
            named = answer["located"]["holders"]
            if named != [case.holder] or answer["answers"][0]["outcome"] != "released":
                raise DemoFailed(f"the locator named {named}")
            step.say(f"named {', '.join(named)} of {len(self._network.entities)} entities")
        home = ("--home", self._network.coordinator_home)
        state = self._programs.ask(COORDINATOR, "locator", "status", *home)
        asked = sum(entity["questions"] for entity in state["entities"])
        self._story.fact(
            "Who is known where, without telling anybody whom one looks for",
            f"{asked} question, {state['epochs'][0]['entries']} entry of the locator: a token, no document",
        )

    def _found_no_more(self) -> None:
        with self._story.step("After the withdrawal the locator names nobody") as step:
            self._until_published(0)
            answer = self._asked(expected=1, holders="")
            if answer["located"]["holders"]:
                raise DemoFailed("the locator still names somebody")
            step.say("as if nobody knew the person")

    def _until_published(self, entries: int) -> None:
        home = ("--home", self._network.home(self._case.holder))
        end = time.monotonic() + PUBLISH_SECONDS
        while self._programs.ask(NODE, "status", *home)["locator"]["entries"] != entries:
            if time.monotonic() > end:
                raise DemoFailed(f"{self._case.holder} has not published {entries} entries to the locator")
            time.sleep(0.5)

    def _coordinator_down(self, consent: str) -> None:
        case = self._case
        self._network.coordinator.stop()
        with self._story.step("The coordinator is stopped: fetch, then the person withdraws") as step:
            self._asked(expected=0, holders=case.holder)
            home = ("--home", self._network.home(case.holder))
            view = self._programs.ask(NODE, "consent", "withdraw", consent, *home)
            self._asked(expected=1, holders=case.holder)
            step.say(f"fetch answered; consent {view['state']}; next fetch refused")
        with self._story.step("The coordinator comes back"):
            self._network.coordinator.start()
            self._network.coordinator.wait_ready()
        self._story.fact("It goes on when the centre is down", "fetch, withdrawal and refusal with the coordinator off")

    def _collaborator(self) -> None:
        with self._story.step("A collaborating entity asks") as step:
            words = ("fetch", "--document", "-", "--purpose", PURPOSE, "--from", self._case.holder)
            home = ("--home", self._network.home(self._case.collaborator))
            outcome = self._programs.attempt(NODE, *words, *home, "--json", stdin=self._case.document)
            if outcome.code not in (1, 2):
                raise DemoFailed(f"{outcome}\na refusal was expected")
            step.say("refused")
        self._story.fact("Collaborators never see a record", f"{self._case.collaborator}: refused (Ley 4/2018 art. 7)")

    def _bad_input(self) -> None:
        case, home = self._case, ("--home", self._network.home(self._case.asker))
        wrong = [
            ("--document", "12345678A", "--purpose", PURPOSE, "--from", case.holder),
            ("--document", case.document, "--purpose", "marketing", "--from", case.holder),
            ("--document", case.document, "--purpose", PURPOSE, "--from", "madrid"),
        ]
        with self._story.step("A wrong DNI letter, an unknown purpose, an unknown entity") as step:
            outcomes = at_once(lambda words: self._programs.attempt(NODE, "fetch", *words, *home, "--json"), wrong)
            if any(outcome.code not in (1, 2) for outcome in outcomes):
                raise DemoFailed("\n".join(str(outcome) for outcome in outcomes))
            codes = ", ".join(str(outcome.document["error"]["code"]) for outcome in outcomes)
            step.say(codes)
        self._story.fact("Bad input: a typed error with the next step, nothing changed", codes)

    def _asked(self, *, expected: int, holders: str, fields: str = CONSENTED) -> dict[str, Any]:
        outcome = self._programs.attempt(NODE, *self._question(holders, fields), "--json", stdin=self._case.document)
        if outcome.code != expected:
            raise DemoFailed(f"{outcome}\nexit code {expected} was expected")
        return outcome.document

    def _shown(self, *, fields: str) -> str:
        return self._programs.run(NODE, *self._question(self._case.holder, fields), stdin=self._case.document)

    def _question(self, holders: str, fields: str) -> tuple[str | Path, ...]:
        words = ("fetch", "--document", "-", "--purpose", PURPOSE, "--fields", fields)
        named = ("--from", holders) if holders else ()
        return (*words, *named, "--home", self._network.home(self._case.asker))
