"""The chapter on propagation: a consent signed once, shared by two holders, and withdrawn while one is down."""

import time
from collections.abc import Callable
from typing import Any, Final

from deploy.local.exchange import PURPOSE
from deploy.local.network import LocalNetwork
from deploy.local.programs import NODE, DemoFailed
from deploy.local.story import Story
from presentation.messages import _, listing

FIELDS: Final = "person.birth_year,person.language,household"
_TIMEOUT_SECONDS: Final = 60.0
_REACHED, _OUTSTANDING = 0, 3
_PROFESSIONAL: Final = "ts-01"
_FORM: Final = b"%PDF-1.7 the scan of a signed form, fictitious"


class TravellingChapter:
    """The person signs at `origin`, `holder` shares too, and `asker` asks both."""

    def __init__(self, network: LocalNetwork, story: Story, document: str, parties: tuple[str, str, str]) -> None:
        self._network, self._story, self._document = network, story, document
        self._origin, self._holder, self._asker = parties
        self._programs = network.programs

    def run(self) -> None:
        """Run the whole chapter."""
        self._story.heading(_("Un consentimiento que viaja y una retirada que llega"))
        consent = self._sign_once()
        self._opens_nothing_yet()
        self._confirm(consent)
        self._both_share()
        self._lie_while_away(consent)
        self._withdraw(consent)
        self._arrives(consent)

    def _sign_once(self) -> str:
        title = _(
            "La persona firma una vez, en {origin}, también para lo que tiene {holder}",
            origin=self._origin,
            holder=self._holder,
        )
        with self._story.step(title) as step:
            words = ("--purpose", PURPOSE, "--recipient", self._asker, "--fields", FIELDS, "--holder", self._holder)
            form = self._network.home(self._origin) / "signed-form.pdf"
            form.write_bytes(_FORM)
            signed = ("--evidence", str(form))
            view = self._ask(self._origin, "consent", "grant", "--document", "-", *words, *signed, stdin=self._document)
            form.unlink()  # the node keeps its own copy, sealed
            consent = str(view["consent_id"])
            self._until(
                lambda: self._status(consent)[0] == _REACHED, _("{holder} tiene el consentimiento", holder=self._holder)
            )
            step.say(_("{holder} ha comprobado la prueba y los testigos, y lo tiene", holder=self._holder))
        return consent

    def _opens_nothing_yet(self) -> None:
        title = _("La palabra de {origin} no abre nada en {holder}", origin=self._origin, holder=self._holder)
        with self._story.step(title) as step:
            if (released := self._fetch()) != {self._origin}:
                raise DemoFailed(
                    _(
                        "solo debería compartir {origin}: {entities}",
                        origin=self._origin,
                        entities=str(sorted(released)),
                    )
                )
            step.say(_("{holder} espera a que un profesional del caso mire el formulario", holder=self._holder))

    def _confirm(self, consent: str) -> None:
        with self._story.step(
            _("Una profesional de {holder} mira el formulario y lo confirma", holder=self._holder)
        ) as step:
            team = ("--role", "social_educator", "--by", _PROFESSIONAL, "--professional", _PROFESSIONAL)
            self._ask(self._holder, "case", "team", "add", "--document", "-", *team, stdin=self._document)
            (request,) = self._ask(self._holder, "consent", "requests")["requests"]
            self._ask(self._holder, "consent", "confirm", request["consent_id"], "--professional", _PROFESSIONAL)
            self._until(
                lambda: any(each["proof"] == "confirmed" for each in self._status(consent)[1]["told"]),
                _("{origin} sabe que está confirmado", origin=self._origin),
            )
            step.say(_("{origin} ha recibido la confirmación firmada", origin=self._origin))
        self._story.fact(
            _("Nada se abre con la palabra de otra entidad"),
            _("{holder} no compartió nada hasta que su profesional vio la firma de la persona", holder=self._holder),
        )

    def _both_share(self) -> None:
        with self._story.step(_("{asker} pregunta a las dos", asker=self._asker)) as step:
            released = self._fetch()
            if released != {self._origin, self._holder}:
                raise DemoFailed(
                    _(
                        "con una firma deberían compartir las dos; solo lo hizo {entities}",
                        entities=str(sorted(released)),
                    )
                )
            step.say(listing(sorted(released)))
        self._story.fact(_("Una firma para varias entidades"), _("{asker} recibió datos de las dos", asker=self._asker))

    def _lie_while_away(self, consent: str) -> None:
        """Let the asker, who would rather go on receiving, say that the person withdrew at the holder."""
        self._network.nodes[self._holder].stop()
        with self._story.step(
            _(
                "{asker} miente: dice a {origin} que la persona lo retiró en {holder}, para que no se le avise",
                asker=self._asker,
                origin=self._origin,
                holder=self._holder,
            )
        ) as step:
            words = ("--to", self._origin, "--consent", consent, "--named", self._holder)
            told = self._programs.own("deploy.local.liar", "--home", self._network.home(self._asker), *words)
            code, status = self._status(consent)
            if code != _OUTSTANDING or self._holder not in status["outstanding"]:
                raise DemoFailed(
                    _("{holder} debería seguir pendiente: {status}", holder=self._holder, status=str(status))
                )
            heard = _("le da acuse") if told["outcome"] == "accepted" else _("no lo admite")
            step.say(
                _(
                    "{origin} {heard}, y {holder} sigue en la lista de a quién avisar",
                    origin=self._origin,
                    heard=heard,
                    holder=self._holder,
                )
            )

    def _withdraw(self, consent: str) -> None:
        with self._story.step(
            _(
                "{holder} está parada; la persona retira el consentimiento en {origin}",
                holder=self._holder,
                origin=self._origin,
            )
        ) as step:
            self._ask(self._origin, "consent", "withdraw", consent)
            code, status = self._status(consent)
            if code != _OUTSTANDING or self._holder not in status["outstanding"]:
                raise DemoFailed(
                    _("{holder} debería estar pendiente: {status}", holder=self._holder, status=str(status))
                )
            step.say(_("pendiente: {entities}", entities=listing(status["outstanding"])))
        home = ("--home", self._network.home(self._origin))
        self._story.show(self._programs.attempt(NODE, "consent", "status", consent, *home).output)

    def _arrives(self, consent: str) -> None:
        holder = self._network.nodes[self._holder]
        with self._story.step(_("{holder} vuelve y se entera por sí sola", holder=self._holder)) as step:
            holder.start()
            holder.wait_ready()
            self._until(lambda: self._status(consent)[0] == _REACHED, _("todas han confirmado la retirada"))
            if released := self._fetch():
                raise DemoFailed(_("tras la retirada aún comparte {entities}", entities=str(sorted(released))))
            notified = self._status(consent)[1]["told"]
            confirmed = sorted(each["entity"] for each in notified if each["what"] == "consent.withdrawal")
            step.say(_("confirmada por {entities}; ya no comparte nadie", entities=listing(confirmed)))
        self._story.fact(
            _("Quien miente no puede callar una retirada"),
            _(
                "{asker} dijo que {holder} ya lo sabía; {holder} se enteró igual y dejó de compartir",
                asker=self._asker,
                holder=self._holder,
            ),
        )
        self._story.fact(
            _("Retirado una vez, terminado en todas partes"),
            _(
                "{holder} constó como pendiente mientras estuvo parada; confirmaciones firmadas de {entities}",
                holder=self._holder,
                entities=listing(confirmed),
            ),
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
        end = time.monotonic() + _TIMEOUT_SECONDS
        while not holds():
            if time.monotonic() > end:
                raise DemoFailed(_("tras {seconds:g} s aún no se cumple: {what}", seconds=_TIMEOUT_SECONDS, what=what))
            time.sleep(0.3)

    def _ask(self, entity: str, *words: str, stdin: str | None = None) -> dict[str, Any]:
        return self._programs.ask(NODE, *words, "--home", self._network.home(entity), stdin=stdin)
