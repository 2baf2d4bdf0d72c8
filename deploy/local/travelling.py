"""A consent that travels and a withdrawal that arrives: signed once, shared by two, withdrawn while one is away."""

import time
from collections.abc import Callable
from typing import Any, Final

from deploy.local.exchange import PURPOSE
from deploy.local.network import LocalNetwork
from deploy.local.programs import NODE, DemoFailed
from deploy.local.story import Story

FIELDS: Final = "person.birth_year,person.language,household"
_PATIENCE: Final = 60.0
_REACHED, _OUTSTANDING = 0, 3


class TravellingChapter:
    """The person signs at `origin`; `holder` shares too; `asker` asks both."""

    def __init__(self, network: LocalNetwork, story: Story, document: str, parties: tuple[str, str, str]) -> None:
        self._network, self._story, self._document = network, story, document
        self._origin, self._holder, self._asker = parties
        self._programs = network.programs

    def run(self) -> None:
        """Tell the whole chapter."""
        self._story.heading("A consent that travels, a withdrawal that arrives")
        consent = self._sign_once()
        self._both_share()
        self._withdraw_while_away(consent)
        self._arrives(consent)

    def _sign_once(self) -> str:
        title = f"The person signs once, at {self._origin}, also for what {self._holder} holds"
        with self._story.step(title) as step:
            words = ("--purpose", PURPOSE, "--recipient", self._asker, "--fields", FIELDS, "--holder", self._holder)
            view = self._ask(self._origin, "consent", "grant", "--document", "-", *words, stdin=self._document)
            consent = str(view["consent_id"])
            self._until(lambda: self._status(consent)[0] == _REACHED, f"{self._holder} has the consent")
            step.say(f"{self._holder} verified the proof and its witnesses, and has it")
        return consent

    def _both_share(self) -> None:
        with self._story.step(f"{self._asker} asks both") as step:
            released = self._fetch()
            if released != {self._origin, self._holder}:
                raise DemoFailed(f"one signature should let both share; only {sorted(released)} did")
            step.say(" and ".join(sorted(released)))
        self._story.fact("One signature, several entities", f"{self._asker} received fields of both")

    def _withdraw_while_away(self, consent: str) -> None:
        self._network.nodes[self._holder].stop()
        with self._story.step(f"{self._holder} is away; the person withdraws at {self._origin}") as step:
            self._ask(self._origin, "consent", "withdraw", consent)
            code, standing = self._status(consent)
            if code != _OUTSTANDING or self._holder not in standing["outstanding"]:
                raise DemoFailed(f"{self._holder} should be outstanding: {standing}")
            step.say(f"outstanding: {', '.join(standing['outstanding'])}")
        home = ("--home", self._network.home(self._origin))
        self._story.show(self._programs.attempt(NODE, "consent", "status", consent, *home).output)

    def _arrives(self, consent: str) -> None:
        holder = self._network.nodes[self._holder]
        with self._story.step(f"{self._holder} comes back, and hears of it by itself") as step:
            holder.start()
            holder.wait_ready()
            self._until(lambda: self._status(consent)[0] == _REACHED, "everybody has acknowledged the withdrawal")
            if released := self._fetch():
                raise DemoFailed(f"after the withdrawal {sorted(released)} still shared")
            told = [each["entity"] for each in self._status(consent)[1]["told"] if each["what"] == "consent.withdrawn"]
            step.say(f"acknowledged by {', '.join(sorted(told))}; nobody shares any more")
        self._story.fact(
            "Withdrawn once, ended everywhere",
            f"{self._holder} was shown as outstanding while away; signed acknowledgements by {', '.join(sorted(told))}",
        )

    def _fetch(self) -> set[str]:
        words = ("--document", "-", "--purpose", PURPOSE, "--from", f"{self._origin},{self._holder}")
        home = ("--home", self._network.home(self._asker))
        outcome = self._programs.attempt(
            NODE, "fetch", *words, "--fields", FIELDS, *home, "--json", stdin=self._document
        )
        if outcome.code not in (0, 1):
            raise DemoFailed(str(outcome))
        return {each["holder"] for each in outcome.document["answers"] if each["outcome"] == "released"}

    def _status(self, consent: str) -> tuple[int, dict[str, Any]]:
        home = ("--home", self._network.home(self._origin))
        outcome = self._programs.attempt(NODE, "consent", "status", consent, *home, "--json")
        if outcome.code not in (_REACHED, _OUTSTANDING):
            raise DemoFailed(str(outcome))
        return outcome.code, outcome.document

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + _PATIENCE
        while not holds():
            if time.monotonic() > end:
                raise DemoFailed(f"after {_PATIENCE:g} s it is still not so that {what}")
            time.sleep(0.3)

    def _ask(self, entity: str, *words: str, stdin: str | None = None) -> dict[str, Any]:
        return self._programs.ask(NODE, *words, "--home", self._network.home(entity), stdin=stdin)
