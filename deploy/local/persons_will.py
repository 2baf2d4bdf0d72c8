"""The chapter on a person's will: at an NGO, with a code of each card; and what the NGO makes up opens nothing."""

import csv
from pathlib import Path
from typing import Final

from deploy.local.cards import issued_codes
from deploy.local.exchange import PURPOSE
from deploy.local.network import LocalNetwork, Process
from deploy.local.ngo import NGO, Ngo
from deploy.local.populations import table_rows
from deploy.local.programs import NODE, DemoFailed
from deploy.local.story import Story
from presentation.messages import _, listing, plural

FIELDS: Final = "person.birth_year,person.language,household"


class PersonsWillChapter:
    """An NGO joins; one person hands over codes there, and about another one it lies."""

    def __init__(
        self, network: LocalNetwork, story: Story, data: Path, people: tuple[str, str], holders: tuple[str, str]
    ) -> None:
        """Take the parts.

        Args:
            network: that is running.
            story: to tell it.
            data: folder with the tables of the entities.
            people: documents of two people whom both holders know; only the first one comes to the NGO.
            holders: entity ids.
        """
        self._network, self._story, self._data = network, story, data
        (self._person, self._other), self._holders = people, holders
        self._programs = network.programs
        self._ngo = Ngo(network, holders, FIELDS)

    def run(self) -> None:
        """Run the whole chapter."""
        self._story.heading(_("La voluntad de la persona: códigos de sus tarjetas, entregados en una asociación"))
        self._join()
        codes = self._cards()
        self._with_codes(codes)
        self._forged(codes)

    def _join(self) -> None:
        with self._story.step(_("Se da de alta una asociación, sin puerto abierto, que conoce a dos personas")):
            network = self._network
            network.enrol(NGO)
            self._programs.ask(NODE, "records", "import", self._two_people(), "--home", network.home(NGO.id))
            network.nodes[NGO.id] = Process(
                NODE, network.home(NGO.id), network.logs / f"{NGO.id}.log", outlives_us=False
            )
            network.serve([NGO.id])

    def _two_people(self) -> Path:
        """Write a table with the two people, from that of the first holder."""
        table = self._network.folder / f"{NGO.id}.csv"
        known = table_rows(self._data / f"{self._holders[0]}.csv")
        rows = [row for row in known if row["document"] in (self._person, self._other)]
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(known[0]))
            writer.writeheader()
            writer.writerows(rows)
        return table

    def _cards(self) -> list[str]:
        title = _("{holders} dan a la persona una tarjeta de códigos cada una", holders=listing(self._holders))
        with self._story.step(title) as step:
            codes = [
                f"{holder}={issued_codes(self._network, holder, self._person, PURPOSE)[0]}" for holder in self._holders
            ]
            step.say(_("en papel, con QR; allí solo queda una clave cifrada con la de la persona"))
        return codes

    def _with_codes(self, codes: list[str]) -> None:
        title = _("La persona entrega en la asociación un código de cada tarjeta, para que esta pregunte")
        with self._story.step(title) as step:
            if self._ngo.released(self._person):
                raise DemoFailed(_("sin la persona no debería abrirse nada"))
            self._ngo.sent(self._grant(self._person, codes))
            self._ngo.until_open(self._person)
            step.say(_("abren {holders}", holders=listing(self._holders)))
        fact = _("{holders} comprobaron el código de su propia tarjeta", holders=listing(self._holders))
        self._story.fact(_("Una persona abre dos entidades desde una asociación"), fact)

    def _forged(self, codes: list[str]) -> None:
        title = _("La asociación inventa el consentimiento de otra persona: sin código, y con códigos que no son suyos")
        with self._story.step(title) as step:
            for proofs in ([], codes):
                self._ngo.sent(self._grant(self._other, proofs))
            if released := self._ngo.released(self._other):
                raise DemoFailed(_("un consentimiento inventado abrió {entities}", entities=listing(sorted(released))))
            step.say(_("no abre nada, y a la asociación no se le dice por qué"))
        tries = sum(self._wrong_codes(holder) for holder in self._holders)
        noted = plural(
            "{n} código que no era consta como intento", "{n} códigos que no eran constan como intentos", tries
        )
        self._story.fact(_("Un consentimiento inventado no abre nada"), noted)

    def _grant(self, document: str, codes: list[str]) -> str:
        words = [*self._ngo.terms(), *(("--codes-file", "-") if codes else ())]
        typed = "\n".join([document, *codes])
        return str(self._ngo.ask("consent", "grant", "--document", "-", *words, stdin=f"{typed}\n")["consent_id"])

    def _wrong_codes(self, holder: str) -> int:
        status = self._programs.ask(NODE, "status", "--home", self._network.home(holder))
        return int(status["cards"]["wrong_codes"].get(NGO.id, 0))
