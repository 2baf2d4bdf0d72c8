"""The demonstration: a coordinator and nine nodes (six in its quick form) as real processes, and the whole job.

Usage: python -m deploy.local.demo [--quick] [--keep] [--lang es|en] [--output FOLDER]

It runs only installed programs, but for what attackers do; all their commands are in OUTPUT/commands.log.
"""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final

from rich.markup import escape

from deploy.local.directory import DirectoryChapter
from deploy.local.electronic_signature import ElectronicSignatureChapter
from deploy.local.exchange import Case, ExchangeChapter, documents, find_person
from deploy.local.ledgers import LedgerChapter
from deploy.local.network import Entity, LocalNetwork, fresh_folder
from deploy.local.persons_will import PersonsWillChapter
from deploy.local.populations import CACHE, Population, prepare_tables, table_rows
from deploy.local.programs import BIN, COORDINATOR, NODE, DemoFailed, Programs, at_once
from deploy.local.referral import ReferralChapter
from deploy.local.story import Story
from deploy.local.training import TrainingChapter
from deploy.local.travelling import TravellingChapter
from presentation.messages import _, current_language, plural, use_language

ENTITIES: Final = [
    Entity("leon", "Diputación de León"),
    Entity("valladolid", "Diputación de Valladolid"),
    Entity("salamanca", "Diputación de Salamanca"),
    Entity("burgos", "Diputación de Burgos"),
    Entity("zamora", "Diputación de Zamora"),
    Entity("avila", "Diputación de Ávila"),
    Entity("palencia", "Diputación de Palencia"),
    Entity("segovia", "Diputación de Segovia"),
    Entity("soria", "Diputación de Soria"),
]
QUICK: Final = frozenset({"leon", "valladolid", "burgos", "zamora", "segovia", "soria"})
"""The entities of the quick form: those that a chapter needs."""
COLLABORATOR: Final = Entity("banco-alimentos", "Banco de Alimentos de León", "collaborator")
_COHORT, _QUICK_COHORT = 7, 4
"""The fewest entities over which a sum is opened."""


def main() -> int:
    """Run the demonstration and return the exit code."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _on_terminate)
    story = Story(arguments.output)
    try:
        _run(arguments, story)
    except DemoFailed as error:
        story.console.print(f"\n[bold red]{escape(_('La demostración se ha detenido:'))}[/bold red]")
        story.console.print(str(error), markup=False, soft_wrap=True)
        story.say(_("Los registros y todas las órdenes están en {folder}", folder=arguments.output))
        return 1
    except KeyboardInterrupt:
        story.say(_("Detenida."))
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    about = _("La demostración: un coordinador y varios nodos, como procesos reales en este equipo.")
    parser = argparse.ArgumentParser(prog="make demo", description=about)
    parser.add_argument("--quick", action="store_true", help=_("menos entidades y poblaciones más pequeñas"))
    parser.add_argument("--keep", action="store_true", help=_("deja la red en marcha"))
    parser.add_argument("--lang", default=current_language(), help=_("idioma: es o en"))
    parser.add_argument("--output", type=Path, default=Path("demo-output"), help=_("carpeta para todo lo que crea"))
    arguments = parser.parse_args()
    use_language(arguments.lang)
    arguments.output = arguments.output.resolve()
    return arguments


def _on_terminate(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(arguments: argparse.Namespace, story: Story) -> None:
    output: Path = arguments.output
    if not (BIN / NODE).exists():
        raise DemoFailed(_("{program} no está instalado: ejecute «make setup»", program=NODE))
    fresh_folder(output)
    programs = Programs(output / "commands.log")
    entities = [entity for entity in ENTITIES if not arguments.quick or entity.id in QUICK]
    with LocalNetwork(output, entities, programs, keep=arguments.keep) as network:
        data = _bring_up(network, story, quick=arguments.quick)
        document = find_person(data, known_to=("leon", "burgos"), unknown_to="soria")
        case = Case("leon", "burgos", "soria", COLLABORATOR.id, document)
        ExchangeChapter(network, story, case, output).run()
        TravellingChapter(network, story, document, ("leon", "burgos", "soria")).run()
        people = _two_people(data, "leon", "burgos")
        PersonsWillChapter(network, story, data, people, ("leon", "burgos")).run()
        ElectronicSignatureChapter(network, story, people[1], ("leon", "burgos")).run()
        ReferralChapter(network, story, document, ("leon", "burgos")).run()
        TrainingChapter(network, story, output, cohort=_QUICK_COHORT if arguments.quick else _COHORT).run()
        LedgerChapter(network, story, output).run(*_people(data))
        DirectoryChapter(network, story, output).run()
        commands = plural("{n} orden, en commands.log", "{n} órdenes, en commands.log", programs.count)
        story.fact(_("Procesos reales y solo programas instalados"), commands)
        story.close()
        _finish(network, story, keep=arguments.keep)


def _bring_up(network: LocalNetwork, story: Story, *, quick: bool) -> Path:
    entities = network.entities
    story.heading(
        plural("Una red: un coordinador y {n} entidad", "Una red: un coordinador y {n} entidades", len(entities))
    )
    population = Population.of(quick=quick)
    with story.step(_("Personas ficticias de las provincias y una tabla pública real")) as step:
        data = prepare_tables(network.programs, population, [entity.id for entity in entities])
        step.say(_("en {folder}", folder=CACHE))
    with story.step(_("El coordinador crea la red y arranca")):
        network.start_coordinator()
    with story.step(_("Se dan de alta las entidades, cada una con su invitación, y un banco de alimentos")):
        at_once(network.enrol, [*entities, COLLABORATOR])
    with story.step(_("Cada una importa sus fichas")) as step:
        people = at_once(lambda entity: _import(network, data, entity.id), entities, workers=3)
        step.say(plural("{n} persona", "{n} personas", sum(people)))
    with story.step(plural("Arranca {n} nodo", "Arrancan {n} nodos", len(entities))):
        network.serve([entity.id for entity in entities])
    DirectoryChapter(network, story, network.folder).pin()
    listed = network.programs.ask(COORDINATOR, "entity", "list", "--home", network.coordinator_home)
    story.fact(
        plural("{n} nodo en una red", "{n} nodos en una red", len(entities)),
        _(
            "{entities}, {people}",
            entities=plural("{n} entidad dada de alta", "{n} entidades dadas de alta", len(listed["entities"])),
            people=plural("{n} persona importada", "{n} personas importadas", sum(people)),
        ),
    )
    return data


def _two_people(data: Path, first: str, second: str) -> tuple[str, str]:
    """Return the documents of two people known to two entities; the first chapters have another one."""
    both = sorted(documents(data, first) & documents(data, second))
    if len(both) < 3:  # noqa: PLR2004 - the first one has chapters of their own
        raise DemoFailed(_("{first} y {second} tienen pocas personas en común", first=first, second=second))
    return both[-1], both[-2]


def _import(network: LocalNetwork, data: Path, entity: str) -> int:
    arguments = ("records", "import", data / f"{entity}.csv", "--home", network.home(entity))
    return int(network.programs.ask(NODE, *arguments)["people"])


def _people(data: Path) -> tuple[set[str], set[str]]:
    documents, names = set(), set()
    for table in data.glob("*.csv"):
        for row in table_rows(table):
            documents.add(row["document"])
            names.add(row["name"])
    return documents, names


def _finish(network: LocalNetwork, story: Story, *, keep: bool) -> None:
    story.console.print()
    story.say(
        _(
            "Terminada en {seconds:.0f} s. En {folder} quedan las carpetas, los registros, las auditorías, el "
            "justificante y los modelos.",
            seconds=story.seconds,
            folder=network.folder,
        )
    )
    if not keep:
        return
    script = network.folder / "stop"
    script.write_text(f"#!/bin/sh\nkill {' '.join(map(str, network.leave_running()))}\n", encoding="utf-8")
    script.chmod(0o755)
    command = f"{BIN / NODE} status --home {network.home('leon')}"
    story.say(_("La red sigue en marcha. Pruebe: {command}", command=command))
    story.say(_("Párela con: {script}", script=script))


if __name__ == "__main__":
    sys.exit(main())
