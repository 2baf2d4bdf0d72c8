"""Two private training campaigns: on the nodes' own records, and on a real public table."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any, Final

from deploy.local.network import LocalNetwork
from deploy.local.populations import public_table
from deploy.local.programs import AUDIT, COORDINATOR, NODE, DemoFailed, at_once
from deploy.local.story import Story

EPSILON: Final = "4"
DELTA: Final = "1e-5"
RECORDS_AS_OF: Final = "2023-01"
"""The fictitious histories end then: the month from which risk lists look back."""
REFUSER: Final = "zamora"
PATIENCE_SECONDS: Final = 300.0
TABLE: Final = "cps"


@dataclass(frozen=True, slots=True)
class Campaign:
    """What a campaign is asked to be."""

    name: str
    arguments: tuple[str | Path, ...]
    refusers: tuple[str, ...] = ()


class TrainingChapter:
    """What the Gerencia proposes, and what each entity decides."""

    def __init__(self, network: LocalNetwork, story: Story, output: Path) -> None:
        self._network, self._story, self._output = network, story, output
        self._programs = network.programs
        self._entities = [entity.id for entity in network.entities]

    def run(self) -> None:
        """Tell the chapter."""
        self._story.heading("Private training: on the nodes' own records (fictitious people)")
        records = self._campaign(Campaign("IPRO, registros propios", ("--source", "records")))
        self._judge_records(records)
        with ThreadPoolExecutor(1) as beside:
            greedy = beside.submit(self._propose, "Demasiado", "20", "--source", "records")
            self._risk_lists()
        self._overspend(greedy.result())
        self._story.heading("Private training: on a real public table, nine unequal entities")
        self._public_table()

    def _campaign(self, campaign: Campaign, proposed: str = "") -> str:
        with self._story.step("The Gerencia signs a campaign manifest; entities read it in plain words"):
            started = proposed or self._propose(campaign.name, EPSILON, *campaign.arguments)
            read = self._programs.run(NODE, "training", "list", *self._home(self._entities[0]))
        self._story.show(read.split("\n\n")[0])
        approvers = [entity for entity in self._entities if entity not in campaign.refusers]
        decided = f"{len(approvers)} approve" + "".join(f", {entity} refuses" for entity in campaign.refusers)
        with self._story.step(f"Data-protection officers decide: {decided}"):
            at_once(lambda entity: self._decide("refuse", entity, started), list(campaign.refusers))
            at_once(lambda entity: self._decide("approve", entity, started), approvers, workers=3)
        with self._story.step("Rounds: noised sums under masks, over mutual TLS; nobody sees one entity's") as step:
            done = self._await_release(started)
            step.say(f"{done['rounds_completed']} rounds, ε {done['epsilon_spent']:.3g}, in {done['seconds']:.1f} s")
        self._export(started, done)
        return started

    def _propose(self, name: str, epsilon: str, *arguments: str | Path) -> str:
        terms = ("--epsilon", epsilon, "--delta", DELTA, "--minimum-cohort", "7")
        times = ("--deadline", "30m", "--ends", "2h")
        words = ("training", "start", "--name", name, *arguments, *terms, *times)
        return str(self._programs.ask(COORDINATOR, *words, *self._coordinator())["id"])

    def _decide(self, verdict: str, entity: str, campaign: str) -> None:
        self._programs.ask(NODE, "training", verdict, campaign, *self._home(entity))

    def _await_release(self, campaign: str) -> dict[str, Any]:
        words = ("training", "status", campaign, "--watch", *self._coordinator())
        (found,) = self._programs.ask(COORDINATOR, *words, timeout=PATIENCE_SECONDS)["campaigns"]
        if found["state"] != "released":
            raise DemoFailed(f"the campaign ended as {found['state']}: {found['stop_reason']} {found['stop_detail']}")
        return dict(found)

    def _export(self, campaign: str, done: dict[str, Any]) -> None:
        folder = self._output / "models" / campaign
        self._programs.ask(COORDINATOR, "training", "release", campaign, "--output", folder, *self._coordinator())
        self._audit(folder)
        refused = f", refused by {', '.join(done['refused'])}" if done["refused"] else ""
        cost = f"{done['rounds']} rounds, ε {done['epsilon_spent']:.3g}, δ {DELTA}"
        self._story.fact(f"«{done['name']}» trained privately", f"{len(done['approved'])} entities{refused}; {cost}")

    def _audit(self, folder: Path) -> None:
        key = self._programs.ask(COORDINATOR, "status", *self._coordinator())["coordinator_key"]
        with self._story.step("Anybody checks the bundle: signatures, rounds, epsilon, the model made again") as step:
            report = self._programs.ask(AUDIT, "model", folder, "--key", key)
            if not report["passed"]:
                raise DemoFailed(f"the bundle does not verify: {report}")
            step.say(f"{len(report['checks'])} checks, see model-card.html and impact-assessment.html in {folder}")

    def _judge_records(self, campaign: str) -> None:
        largest = self._entities[:3]
        with self._story.step("Judged at the three largest nodes, on people never trained on") as step:
            judged = at_once(lambda entity: self._evaluate(campaign, entity), largest, workers=2)
            step.say(", ".join(f"{name} {each['auc']:.2f}" for name, each in zip(largest, judged, strict=True)))
        self._story.fact(
            "The risk model tells who may stay long",
            f"mean AUC {mean(each['auc'] for each in judged):.3f} on {sum(each['held_out'] for each in judged)} people",
        )

    def _risk_lists(self) -> None:
        as_of = ("--as-of", RECORDS_AS_OF)
        folder = self._output / "risk"
        folder.mkdir()
        largest = self._entities[:3]
        with self._story.step("Risk lists, computed at the three largest nodes, with reasons") as step:
            lists = at_once(self._risk_list, largest)
            for entity, document in zip(largest, lists, strict=True):
                (folder / f"{entity}.json").write_text(json.dumps(document, ensure_ascii=False, indent=2))
            people = sum(document["people"] for document in lists)
            step.say(f"{people} people scored where they are known")
        first = self._entities[0]
        self._story.show(self._programs.run(NODE, "risk", "list", "--top", "4", *as_of, *self._home(first)))
        self._story.fact("Risk lists stay at the node", f"{people} people scored locally; each line says why")

    def _risk_list(self, entity: str) -> dict[str, Any]:
        return self._programs.ask(NODE, "risk", "list", "--as-of", RECORDS_AS_OF, *self._home(entity))

    def _overspend(self, greedy: str) -> None:
        entity = self._entities[0]
        with self._story.step("A campaign that asks more privacy than is left") as step:
            outcome = self._programs.attempt(NODE, "training", "approve", greedy, "--json", *self._home(entity))
            if outcome.code != 1:
                raise DemoFailed(f"{outcome}\nthe node should have refused: its budget is spent")
            code = str(outcome.document["error"]["code"])
            step.say(f"{entity} cannot approve it: {code}")
        self._story.fact("Each node guards its own privacy budget", f"a campaign of ε 20 more: {code}")

    def _public_table(self) -> None:
        table, schema = public_table()
        arguments = ("--source", "table", "--dataset", TABLE, "--schema", schema)
        campaign = Campaign("Tabla pública CPS", arguments, refusers=(REFUSER,))
        with self._story.step("Each entity registers its part of the table") as step, ThreadPoolExecutor(1) as beside:
            proposed = beside.submit(self._propose, campaign.name, EPSILON, *campaign.arguments)
            words = ("training", "register-table", TABLE, "--data", table, "--schema", schema)
            rows = at_once(
                lambda entity: self._programs.ask(NODE, *words, "--site", entity, *self._home(entity))["rows"],
                self._entities,
            )
            step.say(f"{max(rows)} rows in the largest, {min(rows)} in the smallest")
        self._compare(self._campaign(campaign, proposed.result()), table, schema)

    def _compare(self, campaign: str, table: Path, schema: Path) -> None:
        members = [entity for entity in self._entities if entity != REFUSER]
        with self._story.step("Judged at each node, on rows never trained on; beside no privacy, and alone") as step:
            words = (
                "training",
                "simulate",
                "--data",
                table,
                "--schema",
                schema,
                "--epsilon",
                EPSILON,
                "--delta",
                DELTA,
            )
            with ThreadPoolExecutor(1) as beside:
                simulated = beside.submit(self._programs.ask, COORDINATOR, *words, "--baselines")
                judged = at_once(lambda entity: self._evaluate(campaign, entity), members, workers=2)
                yardsticks = simulated.result()
            step.say(f"{sum(each['held_out'] for each in judged)} rows held out")
        (self._output / "models" / "evaluation.json").write_text(
            json.dumps({"nodes": dict(zip(members, judged, strict=True)), "simulation": yardsticks}, indent=2)
        )
        network = mean(each["auc"] for each in judged)
        alone = mean(each["auc_alone"] for each in judged if each["auc_alone"] is not None)
        pooled = yardsticks["baselines"]["pooled_without_privacy"]["mean_per_site"]
        self._story.fact(
            "Learning together, privately",
            f"mean AUC over the entities: {network:.3f} together at ε {EPSILON}; {alone:.3f} each alone; "
            f"{pooled:.3f} if all rows were pooled without privacy (nine entities, a split of its own)",
        )

    def _evaluate(self, campaign: str, entity: str) -> dict[str, Any]:
        return self._programs.ask(NODE, "training", "evaluate", campaign, *self._home(entity))

    def _home(self, entity: str) -> tuple[str, Path]:
        return ("--home", self._network.home(entity))

    def _coordinator(self) -> tuple[str, Path]:
        return ("--home", self._network.coordinator_home)
