"""The chapter on referrals: places asked for, a referral under a consent, accepted, done, and reported back."""

import time
from typing import Any, Final

from deploy.local.network import LocalNetwork
from deploy.local.programs import NODE, DemoFailed
from deploy.local.story import Story
from policies.referrals import WordList, load_referral_words
from presentation.messages import _, current_language

SERVICE: Final = "job_guidance"
_TIMEOUT_SECONDS: Final = 60.0


class ReferralChapter:
    """`sender` refers a person to `provider`; both keep every step in their ledgers."""

    def __init__(self, network: LocalNetwork, story: Story, document: str, parties: tuple[str, str]) -> None:
        self._network, self._story, self._document = network, story, document
        self._sender, self._provider = parties
        self._programs = network.programs

    def run(self) -> None:
        """Run the whole chapter."""
        self._story.heading(_("Una derivación que vuelve con respuesta"))
        self._ask_for_places()
        reference = self._refer()
        self._close(reference)

    def _ask_for_places(self) -> None:
        with self._story.step(_("{sender} pregunta por plazas, sin nombrar a nadie", sender=self._sender)) as step:
            stated = ("--places", "4", "--wait-days", "10", "--open")
            self._ask(self._provider, "referral", "capacity", "set", SERVICE, *stated)
            answer = self._ask(self._sender, "referral", "capacity", "ask", SERVICE, "--entity", self._provider)
            (reply,) = answer["answers"]
            step.say(
                _(
                    "{provider}: plazas, {places}; espera, {wait}",
                    provider=self._provider,
                    places=_word(WordList.PLACES, reply["answer"]["places"]),
                    wait=_word(WordList.WAITS, reply["answer"]["wait"]),
                )
            )

    def _refer(self) -> str:
        with self._story.step(
            _(
                "{sender} deriva a la persona a {provider}, con un consentimiento para ello",
                sender=self._sender,
                provider=self._provider,
            )
        ) as step:
            words = ("--purpose", "referral", "--recipient", self._provider, "--fields", "case.needs")
            self._ask(self._sender, "consent", "grant", "--document", "-", *words, stdin=self._document)
            words = ("--to", self._provider, "--service", SERVICE, "--need", "employment")
            sent = self._ask(self._sender, "referral", "send", "--document", "-", *words, stdin=self._document)
            reference = str(sent["referral_id"])
            self._until(self._provider, reference, "received")
            step.say(_("solo códigos y un seudónimo; ha llegado"))
        return reference

    def _close(self, reference: str) -> None:
        with self._story.step(_("{provider} la acepta, la empieza y la cierra", provider=self._provider)) as step:
            self._ask(self._provider, "referral", "accept", reference)
            self._until(self._sender, reference, "accepted")
            self._ask(self._provider, "referral", "start", reference)
            self._ask(self._provider, "referral", "finish", reference, "--result", "given")
            closed = self._until(self._sender, reference, "done")
            step.say(
                _(
                    "{sender} lee: «{state}», «{code}»",
                    sender=self._sender,
                    state=_word(WordList.STATES, closed["state"]),
                    code=_word(WordList.RESULTS, closed["code"]),
                )
            )
        home = ("--home", self._network.home(self._sender))
        self._story.show(self._programs.run(NODE, "referral", "show", reference, *home))
        self._story.fact(
            _("Una derivación que se cierra"),
            _(
                "{provider} la aceptó y la cerró, y {sender} lo supo; cada paso, firmado y en los dos registros",
                provider=self._provider,
                sender=self._sender,
            ),
        )

    def _until(self, entity: str, reference: str, state: str) -> dict[str, Any]:
        end = time.monotonic() + _TIMEOUT_SECONDS
        while True:
            listed = self._ask(entity, "referral", "list")["referrals"]
            found = next((each for each in listed if each["referral_id"] == reference), None)
            if found is not None and found["state"] == state:
                return dict(found)
            if time.monotonic() > end:
                raise DemoFailed(
                    _(
                        "tras {seconds:g} s la derivación no está en {state} en {entity}: {listed}",
                        seconds=_TIMEOUT_SECONDS,
                        state=state,
                        entity=entity,
                        listed=str(listed),
                    )
                )
            time.sleep(0.3)

    def _ask(self, entity: str, *words: str, stdin: str | None = None) -> dict[str, Any]:
        return self._programs.ask(NODE, *words, "--home", self._network.home(entity), stdin=stdin)


def _word(words: WordList, code: str) -> str:
    return load_referral_words().label(words, code, current_language())
