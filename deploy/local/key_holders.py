"""The steps on the keys of pseudonyms: an entity holds a second one, and every officer requires it."""

import time
from typing import Any, Final

from deploy.local.network import LocalNetwork
from deploy.local.programs import COORDINATOR, NODE, DemoFailed, at_once
from deploy.local.story import Story
from presentation.messages import _, listing, plural

KEY_HOLDER: Final = "valladolid"
_PATIENCE_SECONDS: Final = 60.0


class KeyHolderSteps:
    """The steps of the Gerencia, of the entity that holds a key, and of the data-protection officers."""

    def __init__(self, network: LocalNetwork, story: Story) -> None:
        self._network, self._story, self._programs = network, story, network.programs

    def begin(self) -> None:
        """Let an entity hold the second key, and every node require it."""
        with self._story.step(_("{holder} guarda una segunda clave de los seudónimos", holder=KEY_HOLDER)) as step:
            self._ask(KEY_HOLDER, "serve")
            home = ("--home", self._network.coordinator_home)
            # Nothing is published yet: the epoch with one key ends at once.
            state = self._programs.ask(COORDINATOR, "locator", "add-holder", KEY_HOLDER, "--overlap-days", "0", *home)
            at_once(self._require, [entity.id for entity in self._network.entities])
            step.say(_("hacen falta las de {holders}", holders=listing(sorted(state["epochs"][-1]["keys"]))))

    def tell(self) -> None:
        """Say what the holder computed, and what it knows."""
        state = self._ask(KEY_HOLDER, "status")
        computed = sum(each["evaluations"] for each in state["entities"])
        self._story.fact(
            _("Dos claves, en dos manos: ninguna dice nada sin la otra"),
            plural(
                "{holder} calculó su parte de {n} seudónimo, sin saber de quién; el coordinador solo no puede "
                "averiguarlo",
                "{holder} calculó su parte de {n} seudónimos, sin saber de quién; el coordinador solo no puede "
                "averiguarlos",
                computed,
                holder=KEY_HOLDER,
            ),
        )

    def _require(self, entity: str) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            state = self._ask(entity, "require", KEY_HOLDER)
            if len(state["epochs"]) == 1 and state["epochs"][0]["used"]:
                return
            if time.monotonic() > end:
                raise DemoFailed(_("{entity} no usa la época de las dos claves", entity=entity))
            time.sleep(0.5)

    def _ask(self, entity: str, *words: str) -> dict[str, Any]:
        return self._programs.ask(NODE, "pseudonym-key", *words, "--home", self._network.home(entity))
