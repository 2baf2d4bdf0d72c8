"""The chapter on exchange: consent, fetch, withheld fields, the locator, withdrawal, and a stopped coordinator."""

import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from deploy.local.network import LocalNetwork
from deploy.local.populations import table_rows
from deploy.local.programs import AUDIT, COORDINATOR, NODE, DemoFailed, at_once
from deploy.local.story import Story
from policies.catalogue import load_catalogue
from policies.reasons import reason_label
from policies.vocabulary import load_vocabulary
from presentation.messages import _, current_language, listing, plural

PURPOSE: Final = "coordination"
CONSENTED: Final = "person.birth_year,person.language,household,work.status,edu.level,case,plan.services,housing"
"""Fields and groups of fields that the person agrees to share."""
PUBLISH_SECONDS: Final = 180.0
"""Longest time for a node to publish to the locator, also after the coordinator was down for a while."""
SENSITIVE: Final = "health.conditions_flag"
"""A field outside the consent, requested to show that it is withheld."""


@dataclass(frozen=True, slots=True)
class Case:
    """A person known to two entities, an asker and a holder, but not to a third. `collaborator` may never ask."""

    asker: str
    holder: str
    stranger: str
    collaborator: str
    document: str


def find_person(data: Path, known_to: tuple[str, str], unknown_to: str) -> str:
    """Return the document of a person in the records of two entities and not in those of a third.

    Raises:
        DemoFailed: there is no such person.
    """
    first, second = known_to
    both = sorted(documents(data, first) & documents(data, second) - documents(data, unknown_to))
    if not both:
        raise DemoFailed(
            _("nadie consta a la vez en {first} y en {second}: use poblaciones mayores", first=first, second=second)
        )
    return both[0]


def documents(data: Path, entity: str) -> set[str]:
    """Return the documents of the people in an entity's table."""
    return {row["document"] for row in table_rows(data / f"{entity}.csv")}


class ExchangeChapter:
    """The steps of a professional and a person."""

    def __init__(self, network: LocalNetwork, story: Story, case: Case, output: Path) -> None:
        self._network, self._story, self._case, self._output = network, story, case, output
        self._programs = network.programs

    def run(self) -> None:
        """Run the whole chapter."""
        self._story.heading(_("Intercambio: una persona, dos entidades, un consentimiento"))
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
        with self._story.step(
            _(
                "Antes de cualquier consentimiento, {asker} pregunta a {holder} y a {stranger}",
                asker=case.asker,
                holder=case.holder,
                stranger=case.stranger,
            )
        ) as step:
            answer = self._asked(expected=1, holders=f"{case.holder},{case.stranger}")
            reasons = {item["holder"]: (item["outcome"], item.get("reason")) for item in answer["answers"]}
            if len(set(reasons.values())) != 1:
                raise DemoFailed(_("se distingue a quien consta de quien no: {reasons}", reasons=str(reasons)))
            reason = next(iter(reasons.values()))[1]
            step.say(_("las dos rehúsan igual"))
        self._story.fact(
            _("Sin consentimiento no hay datos, y nada distingue a quien consta de quien no"),
            _(
                "La persona consta en {holder} y no en {stranger}: las dos contestaron «{reason}»",
                holder=case.holder,
                stranger=case.stranger,
                reason=reason_label(str(reason), current_language()),
            ),
        )

    def _grant(self) -> str:
        case = self._case
        home = ("--home", self._network.home(case.holder))
        with self._story.step(
            _("La persona consiente en {holder} lo que podrá ver {asker}", holder=case.holder, asker=case.asker)
        ) as step:
            words = ("--purpose", PURPOSE, "--recipient", case.asker, "--fields", CONSENTED)
            view = self._programs.ask(NODE, "consent", "grant", "--document", "-", *words, *home, stdin=case.document)
            consent = str(view["consent_id"])
            step.say(
                plural(
                    "{n} dato, para {purpose}, hasta el {day}",
                    "{n} datos, para {purpose}, hasta el {day}",
                    len(view["fields"]),
                    purpose=load_vocabulary().purpose(PURPOSE).label(current_language()),
                    day=date.fromisoformat(view["last_day"]),
                )
            )
        receipt = self._output / "receipt"
        with self._story.step(_("El justificante de la persona, comprobado sin red")) as step:
            self._programs.ask(NODE, "consent", "receipt", consent, receipt, *home)
            checked = self._programs.ask(AUDIT, "receipt", next(receipt.glob("*.tlog-proof")))
            step.say(_("entrada {index:d} de {size:d}", index=checked["index"], size=checked["size"]))
        self._story.fact(
            _("Un justificante que cualquiera puede comprobar"),
            _("redpact-audit receipt {folder}: comprobado", folder=receipt),
        )
        return consent

    def _fetch(self) -> None:
        case = self._case
        with self._story.step(
            _("{asker} vuelve a preguntar, con un dato más de los consentidos", asker=case.asker)
        ) as step:
            answer = self._asked(expected=0, holders=case.holder, fields=f"{CONSENTED},{SENSITIVE}")
            (given,) = answer["answers"]
            fields, withheld = given["fields"], {item["id"]: item["reason"] for item in given["withheld"]}
            if SENSITIVE not in withheld or SENSITIVE in {item["id"] for item in fields}:
                raise DemoFailed(_("{field} no se ha retenido", field=SENSITIVE))
            step.say(
                _(
                    "{released}, {withheld}",
                    released=plural("{n} dato recibido", "{n} datos recibidos", len(fields)),
                    withheld=plural("{n} retenido", "{n} retenidos", len(withheld)),
                )
            )
        self._story.show(self._shown(fields=f"{CONSENTED},{SENSITIVE}"))
        self._story.fact(
            _("Datos sueltos y no fichas, con su origen y su fecha"),
            plural(
                "{n} dato recibido; {field}, retenido: {reason}",
                "{n} datos recibidos; {field}, retenido: {reason}",
                len(fields),
                field=load_catalogue().field(SENSITIVE).label(current_language()),
                reason=reason_label(withheld[SENSITIVE], current_language()),
            ),
        )

    def _locate(self) -> None:
        case = self._case
        with self._story.step(
            _("{asker} pregunta sin nombrar entidades: las encuentra el localizador privado", asker=case.asker)
        ) as step:
            self._until_published(1)
            answer = self._asked(expected=0, holders="")
            named = answer["located"]["holders"]
            if named != [case.holder] or answer["answers"][0]["outcome"] != "released":
                raise DemoFailed(_("el localizador ha nombrado {named}", named=str(named)))
            step.say(
                _(
                    "ha nombrado {named}, de {n} entidades",
                    named=listing(named),
                    n=len(self._network.entities),
                )
            )
        home = ("--home", self._network.coordinator_home)
        state = self._programs.ask(COORDINATOR, "locator", "status", *home)
        asked = sum(entity["questions"] for entity in state["entities"])
        self._story.fact(
            _("Se sabe dónde consta una persona sin decir a nadie a quién se busca"),
            _(
                "{questions}, {entries} en el localizador: una clave, ningún documento",
                questions=plural("{n} pregunta", "{n} preguntas", asked),
                entries=plural("{n} anotación", "{n} anotaciones", state["epochs"][0]["entries"]),
            ),
        )

    def _found_no_more(self) -> None:
        with self._story.step(_("Tras la retirada, el localizador no nombra a nadie")) as step:
            self._until_published(0)
            answer = self._asked(expected=1, holders="")
            if answer["located"]["holders"]:
                raise DemoFailed(_("el localizador sigue nombrando a alguien"))
            step.say(_("como si la persona no constara en ninguna parte"))

    def _until_published(self, entries: int) -> None:
        home = ("--home", self._network.home(self._case.holder))
        end = time.monotonic() + PUBLISH_SECONDS
        while self._programs.ask(NODE, "status", *home)["locator"]["entries"] != entries:
            if time.monotonic() > end:
                raise DemoFailed(
                    _(
                        "{holder} no ha publicado {n} anotaciones en el localizador",
                        holder=self._case.holder,
                        n=entries,
                    )
                )
            time.sleep(0.5)

    def _coordinator_down(self, consent: str) -> None:
        case = self._case
        self._network.coordinator.stop()
        with self._story.step(
            _("Con el coordinador parado, se consulta y la persona retira el consentimiento")
        ) as step:
            self._asked(expected=0, holders=case.holder)
            home = ("--home", self._network.home(case.holder))
            self._programs.ask(NODE, "consent", "withdraw", consent, *home)
            self._asked(expected=1, holders=case.holder)
            step.say(_("consulta contestada; retirada hecha; la siguiente consulta, rehusada"))
        with self._story.step(_("Vuelve el coordinador")):
            self._network.coordinator.start()
            self._network.coordinator.wait_ready()
        self._story.fact(
            _("La red sigue sin el coordinador"), _("consulta, retirada y negativa con el coordinador parado")
        )

    def _collaborator(self) -> None:
        with self._story.step(_("Pregunta una entidad colaboradora")) as step:
            words = ("fetch", "--document", "-", "--purpose", PURPOSE, "--from", self._case.holder)
            home = ("--home", self._network.home(self._case.collaborator))
            outcome = self._programs.attempt(NODE, *words, *home, "--json", stdin=self._case.document)
            if outcome.code not in (1, 2):
                raise DemoFailed(_("{outcome}\nse esperaba una negativa", outcome=str(outcome)))
            step.say(_("rehusado"))
        self._story.fact(
            _("Las colaboradoras nunca ven una ficha"),
            _("{entity}: rehusado (Ley 4/2018, art. 7)", entity=self._case.collaborator),
        )

    def _bad_input(self) -> None:
        case, home = self._case, ("--home", self._network.home(self._case.asker))
        wrong = [
            ("--document", "12345678A", "--purpose", PURPOSE, "--from", case.holder),
            ("--document", case.document, "--purpose", "marketing", "--from", case.holder),
            ("--document", case.document, "--purpose", PURPOSE, "--from", "madrid"),
        ]
        with self._story.step(_("Una letra de DNI errónea, una finalidad y una entidad desconocidas")) as step:
            outcomes = at_once(lambda words: self._programs.attempt(NODE, "fetch", *words, *home, "--json"), wrong)
            if any(outcome.code not in (1, 2) for outcome in outcomes):
                raise DemoFailed("\n".join(str(outcome) for outcome in outcomes))
            said = "; ".join(str(outcome.document["error"]["message"]) for outcome in outcomes)
            step.say(said)
        self._story.fact(_("Un dato erróneo da un error concreto con su remedio, y nada cambia"), said)

    def _asked(self, *, expected: int, holders: str, fields: str = CONSENTED) -> dict[str, Any]:
        outcome = self._programs.attempt(NODE, *self._question(holders, fields), "--json", stdin=self._case.document)
        if outcome.code != expected:
            raise DemoFailed(
                _("{outcome}\nse esperaba el código de salida {code:d}", outcome=str(outcome), code=expected)
            )
        return outcome.document

    def _shown(self, *, fields: str) -> str:
        return self._programs.run(NODE, *self._question(self._case.holder, fields), stdin=self._case.document)

    def _question(self, holders: str, fields: str) -> tuple[str | Path, ...]:
        words = ("fetch", "--document", "-", "--purpose", PURPOSE, "--fields", fields)
        named = ("--from", holders) if holders else ()
        return (*words, *named, "--home", self._network.home(self._case.asker))
