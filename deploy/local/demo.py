"""The demonstration: a coordinator and nine nodes as real processes on this machine, and the whole job.

Usage: python -m deploy.local.demo [--quick] [--keep] [--output FOLDER]

It drives nothing but the installed programs; every command it runs is in OUTPUT/commands.log.
"""

import argparse
import csv
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final

from deploy.local.exchange import Case, ExchangeChapter, find_person
from deploy.local.ledgers import LedgerChapter
from deploy.local.network import Entity, LocalNetwork, fresh_folder
from deploy.local.populations import CACHE, Population, prepare_tables
from deploy.local.programs import BIN, COORDINATOR, NODE, DemoFailed, Programs, at_once
from deploy.local.referral import ReferralChapter
from deploy.local.story import Story
from deploy.local.training import TrainingChapter
from deploy.local.travelling import TravellingChapter

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
COLLABORATOR: Final = Entity("banco-alimentos", "Banco de Alimentos de León", "collaborator")


def main() -> int:
    """Run the demonstration and return the exit code."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _on_terminate)
    story = Story(arguments.output)
    try:
        _run(arguments, story)
    except DemoFailed as error:
        story.console.print(f"\n[bold red]The demonstration stopped:[/bold red]\n{error}", markup=True)
        story.console.print(f"Logs and all commands: {arguments.output}", highlight=False)
        return 1
    except KeyboardInterrupt:
        story.console.print("\nStopped.")
        return 130
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="smaller populations and fewer rounds")
    parser.add_argument("--keep", action="store_true", help="leave the network running")
    parser.add_argument("--output", type=Path, default=Path("demo-output"), help="folder for everything it makes")
    arguments = parser.parse_args()
    arguments.output = arguments.output.resolve()
    return arguments


def _on_terminate(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _run(arguments: argparse.Namespace, story: Story) -> None:
    output: Path = arguments.output
    if not (BIN / NODE).exists():
        raise DemoFailed(f"{NODE} is not installed: run 'make setup'")
    fresh_folder(output)
    programs = Programs(output / "commands.log")
    with LocalNetwork(output, ENTITIES, programs, keep=arguments.keep) as network:
        data = _bring_up(network, story, quick=arguments.quick)
        document = find_person(data, known_to=("leon", "burgos"), unknown_to="soria")
        case = Case("leon", "burgos", "soria", COLLABORATOR.id, document)
        ExchangeChapter(network, story, case, output).run()
        TravellingChapter(network, story, document, ("leon", "burgos", "soria")).run()
        ReferralChapter(network, story, document, ("leon", "burgos")).run()
        TrainingChapter(network, story, output).run()
        LedgerChapter(network, story, output).run(*_people(data))
        story.fact("Real processes, installed programs only", f"{programs.count} commands, in commands.log")
        story.close()
        _finish(network, story, keep=arguments.keep)


def _bring_up(network: LocalNetwork, story: Story, *, quick: bool) -> Path:
    story.heading("A network: a coordinator and nine entities")
    population = Population.of(quick=quick)
    with story.step("Fictitious people of nine provinces, and a real public table") as step:
        data = prepare_tables(network.programs, population, [entity.id for entity in ENTITIES])
        step.say(f"in {CACHE}")
    with story.step("The coordinator makes the network and starts"):
        network.start_coordinator()
    with story.step("Nine entities enrol, each with a one-time invitation; a food bank as a collaborator"):
        at_once(network.enrol, [*ENTITIES, COLLABORATOR])
    with story.step("Each imports its records") as step:
        people = at_once(lambda entity: _import(network, data, entity.id), ENTITIES, workers=3)
        step.say(f"{sum(people)} people")
    with story.step("Nine nodes start"):
        network.serve([entity.id for entity in ENTITIES])
    listed = network.programs.ask(COORDINATOR, "entity", "list", "--home", network.coordinator_home)
    story.fact(
        "Nine nodes in one network", f"{len(listed['entities'])} entities enrolled, {sum(people)} people imported"
    )
    return data


def _import(network: LocalNetwork, data: Path, entity: str) -> int:
    arguments = ("records", "import", data / f"{entity}.csv", "--home", network.home(entity))
    return int(network.programs.ask(NODE, *arguments)["people"])


def _people(data: Path) -> tuple[set[str], set[str]]:
    documents, names = set(), set()
    for table in data.glob("*.csv"):
        with table.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                documents.add(row["document"])
                names.add(row["name"])
    return documents, names


def _finish(network: LocalNetwork, story: Story, *, keep: bool) -> None:
    story.console.print(
        f"\nDone in {story.seconds:.0f} s. Look into {network.folder}: homes, logs, audits, receipt, models."
    )
    if not keep:
        return
    script = network.folder / "stop"
    script.write_text(f"#!/bin/sh\nkill {' '.join(map(str, network.leave_running()))}\n", encoding="utf-8")
    script.chmod(0o755)
    story.console.print(f"The network is up. Try: {BIN / NODE} status --home {network.home('leon')}")
    story.console.print(f"Stop it with: {script}")


if __name__ == "__main__":
    sys.exit(main())
