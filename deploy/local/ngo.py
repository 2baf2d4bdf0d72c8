"""An association at which people decide and which asks two holders: the side of two chapters."""

import time
from typing import Any, Final

from deploy.local.exchange import PURPOSE
from deploy.local.network import Entity, LocalNetwork
from deploy.local.programs import NODE, DemoFailed
from presentation.messages import _, listing

NGO: Final = Entity("asociacion", "Asociación Puerta Abierta", "agent")
_TIMEOUT_SECONDS: Final = 60.0


class Ngo:
    """The commands of the association about two holders."""

    def __init__(self, network: LocalNetwork, holders: tuple[str, str], fields: str) -> None:
        self._programs, self._holders, self._fields = network.programs, holders, fields
        self._home = ("--home", network.home(NGO.id))

    def ask(self, *words: Any, stdin: str | None = None) -> dict[str, Any]:
        """Run a command there and return its document."""
        return self._programs.ask(NODE, *words, *self._home, stdin=stdin)

    def terms(self) -> list[str]:
        """Return the options of what a person agrees to there."""
        holders = ",".join(self._holders)
        return ["--purpose", PURPOSE, "--recipient", NGO.id, "--holder", holders, "--fields", self._fields]

    def sent(self, consent: str) -> None:
        """Wait until both holders have acknowledged a consent."""
        end = time.monotonic() + _TIMEOUT_SECONDS
        while time.monotonic() < end:
            status = self._programs.attempt(NODE, "consent", "status", consent, *self._home, "--json").document
            if len([each for each in status["told"] if each["state"] == "acknowledged"]) == len(self._holders):
                return
            time.sleep(0.3)
        raise DemoFailed(_("el consentimiento no llega a {holders}", holders=listing(self._holders)))

    def until_open(self, document: str) -> dict[str, set[str]]:
        """Ask both holders, which must share, and return their fields."""
        released = self.released(document)
        if set(released) != set(self._holders):
            raise DemoFailed(_("deberían compartir las dos; lo hizo {entities}", entities=listing(sorted(released))))
        return released

    def released(self, document: str) -> dict[str, set[str]]:
        """Ask both holders, and return the fields of those that share."""
        words = ("--document", "-", "--purpose", PURPOSE, "--from", ",".join(self._holders), "--fields", self._fields)
        outcome = self._programs.attempt(NODE, "fetch", *words, *self._home, "--json", stdin=document)
        if outcome.code not in (0, 1):
            raise DemoFailed(str(outcome))
        answers = [each for each in outcome.document["answers"] if each["outcome"] == "released"]
        return {each["holder"]: {field["id"] for field in each["fields"]} for each in answers}
