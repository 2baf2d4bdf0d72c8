"""A referral that closes: places asked for, referred under a consent, accepted, done, and the sender is told."""

import time
from typing import Any, Final

from deploy.local.network import LocalNetwork
from deploy.local.programs import NODE, DemoFailed
from deploy.local.story import Story

SERVICE: Final = "job_guidance"
_PATIENCE: Final = 60.0


class ReferralChapter:
    """`sender` refers a person to `provider`; both keep every step in their ledgers."""

    def __init__(self, network: LocalNetwork, story: Story, document: str, parties: tuple[str, str]) -> None:
        self._network, self._story, self._document = network, story, document
        self._sender, self._provider = parties
        self._programs = network.programs

    def run(self) -> None:
        """Tell the whole chapter."""
        self._story.heading("A referral that comes back with an answer")
        self._ask_for_places()
        reference = self._refer()
        self._close(reference)

    def _ask_for_places(self) -> None:
        with self._story.step(f"{self._sender} asks for places, without naming anybody") as step:
            stated = ("--places", "4", "--wait-days", "10", "--open")
            self._ask(self._provider, "referral", "capacity", "set", SERVICE, *stated)
            answer = self._ask(self._sender, "referral", "capacity", "ask", SERVICE, "--entity", self._provider)
            (reply,) = answer["answers"]
            step.say(f"{self._provider}: {reply['answer']['places']} places, a wait of {reply['answer']['wait']}")

    def _refer(self) -> str:
        with self._story.step(f"{self._sender} refers the person to {self._provider}, under a consent for it") as step:
            words = ("--purpose", "referral", "--recipient", self._provider, "--fields", "case.needs")
            self._ask(self._sender, "consent", "grant", "--document", "-", *words, stdin=self._document)
            words = ("--to", self._provider, "--service", SERVICE, "--need", "employment")
            sent = self._ask(self._sender, "referral", "send", "--document", "-", *words, stdin=self._document)
            reference = str(sent["referral_id"])
            self._until(self._provider, reference, "received")
            step.say("codes and a pseudonym only; it has arrived")
        return reference

    def _close(self, reference: str) -> None:
        with self._story.step(f"{self._provider} accepts, begins and closes it") as step:
            self._ask(self._provider, "referral", "accept", reference)
            self._until(self._sender, reference, "accepted")
            self._ask(self._provider, "referral", "start", reference)
            self._ask(self._provider, "referral", "finish", reference, "--result", "given")
            closed = self._until(self._sender, reference, "done")
            step.say(f"{self._sender} reads: {closed['state']}, {closed['code']}")
        home = ("--home", self._network.home(self._sender))
        self._story.show(self._programs.run(NODE, "referral", "show", reference, *home))
        self._story.fact(
            "A referral that closes",
            f"{self._provider} accepted and closed it, {self._sender} was told; each step signed, in both ledgers",
        )

    def _until(self, entity: str, reference: str, state: str) -> dict[str, Any]:
        end = time.monotonic() + _PATIENCE
        while True:
            listed = self._ask(entity, "referral", "list")["referrals"]
            found = next((each for each in listed if each["referral_id"] == reference), None)
            if found is not None and found["state"] == state:
                return dict(found)
            if time.monotonic() > end:
                raise DemoFailed(f"after {_PATIENCE:g} s the referral is not {state} at {entity}: {listed}")
            time.sleep(0.3)

    def _ask(self, entity: str, *words: str, stdin: str | None = None) -> dict[str, Any]:
        return self._programs.ask(NODE, *words, "--home", self._network.home(entity), stdin=stdin)
