"""The chapter on training: a campaign on the nodes' own records, and one on a real public table."""

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
from presentation import formats
from presentation.messages import Message, _, current_language, listing, plural

EPSILON: Final = "4"
DELTA: Final = "1e-5"
RECORDS_AS_OF: Final = "2023-01"
"""The month from which risk lists look back: the fictitious histories end then."""
REFUSER: Final = "zamora"
PATIENCE_SECONDS: Final = 300.0
TABLE: Final = "cps"


@dataclass(frozen=True, slots=True)
class Campaign:
    """The name and options of a campaign, and the entities that refuse it."""

    name: str
    arguments: tuple[str | Path, ...]
    refusers: tuple[str, ...] = ()


class TrainingChapter:
    """The steps of the Gerencia and of each entity's data-protection officer."""

    def __init__(self, network: LocalNetwork, story: Story, output: Path, *, cohort: int) -> None:
        """Take the parts; `cohort` is the fewest entities over which a sum is opened."""
        self._network, self._story, self._output, self._cohort = network, story, output, cohort
        self._programs = network.programs
        self._entities = [entity.id for entity in network.entities]

    def run(self) -> None:
        """Run the whole chapter."""
        self._story.heading(_("Entrenamiento privado con las fichas de los nodos (personas ficticias)"))
        records = self._campaign(Campaign("IPRO, registros propios", ("--source", "records")))
        self._evaluate_records(records)
        with ThreadPoolExecutor(1) as beside:
            greedy = beside.submit(self._propose, "Demasiado", "20", "--source", "records")
            self._risk_lists()
        self._overspend(greedy.result())
        self._story.heading(_("Entrenamiento privado con una tabla pública real y entidades desiguales"))
        self._public_table()

    def _campaign(self, campaign: Campaign, proposed: str = "") -> str:
        with self._story.step(_("La Gerencia firma un manifiesto; las entidades lo leen en lenguaje llano")):
            started = proposed or self._propose(campaign.name, EPSILON, *campaign.arguments)
            read = self._programs.run(NODE, "training", "list", *self._home(self._entities[0]))
        self._story.show(read.split("\n\n")[0])
        approvers = [entity for entity in self._entities if entity not in campaign.refusers]
        title = _("Deciden las personas delegadas de protección de datos: aprueban {n}", n=len(approvers))
        if campaign.refusers:
            title = _("{title}; no aprueba {refusers}", title=title, refusers=listing(campaign.refusers))
        with self._story.step(title):
            at_once(lambda entity: self._decide("refuse", entity, started), list(campaign.refusers))
            at_once(lambda entity: self._decide("approve", entity, started), approvers, workers=3)
        with self._story.step(_("Rondas: sumas con ruido y enmascaradas; nadie ve las de una sola entidad")) as step:
            done = self._await_release(started)
            step.say(
                _(
                    "{rounds}, ε {epsilon}, en {duration}",
                    rounds=_rounds(done["rounds_completed"]),
                    epsilon=_epsilon(done["epsilon_spent"]),
                    duration=formats.duration(done["seconds"], current_language()),
                )
            )
        self._export(started, done)
        return started

    def _propose(self, name: str, epsilon: str, *arguments: str | Path) -> str:
        terms = ("--epsilon", epsilon, "--delta", DELTA, "--minimum-cohort", str(self._cohort))
        times = ("--deadline", "30m", "--ends", "2h")
        # Others may have joined since, who hold nothing to learn from.
        invited = [word for entity in self._entities for word in ("--invite", entity)]
        words = ("training", "start", "--name", name, *arguments, *terms, *times, *invited)
        return str(self._programs.ask(COORDINATOR, *words, *self._coordinator())["id"])

    def _decide(self, verdict: str, entity: str, campaign: str) -> None:
        self._programs.ask(NODE, "training", verdict, campaign, *self._home(entity))

    def _await_release(self, campaign: str) -> dict[str, Any]:
        words = ("training", "status", campaign, "--watch", *self._coordinator())
        (found,) = self._programs.ask(COORDINATOR, *words, timeout=PATIENCE_SECONDS)["campaigns"]
        if found["state"] != "released":
            raise DemoFailed(
                _(
                    "la campaña ha terminado en {state}: {reason} {detail}",
                    state=found["state"],
                    reason=found["stop_reason"],
                    detail=found["stop_detail"],
                )
            )
        return dict(found)

    def _export(self, campaign: str, done: dict[str, Any]) -> None:
        folder = self._output / "models" / campaign
        self._programs.ask(COORDINATOR, "training", "release", campaign, "--output", folder, *self._coordinator())
        self._audit(folder)
        evidence = _(
            "{entities}, {rounds}, ε {epsilon}, δ {delta}",
            entities=plural("{n} entidad", "{n} entidades", len(done["approved"])),
            rounds=_rounds(done["rounds"]),
            epsilon=_epsilon(done["epsilon_spent"]),
            delta=_epsilon(DELTA),
        )
        if done["refused"]:
            evidence = _("{evidence}; no aprobó {refusers}", evidence=evidence, refusers=listing(done["refused"]))
        self._story.fact(_("«{name}», entrenado en privado", name=done["name"]), evidence)

    def _audit(self, folder: Path) -> None:
        key = self._programs.ask(COORDINATOR, "status", *self._coordinator())["coordinator_key"]
        with self._story.step(
            _("Cualquiera comprueba el paquete: firmas, rondas, épsilon y el modelo, calculado de nuevo")
        ) as step:
            report = self._programs.ask(AUDIT, "model", folder, "--key", key)
            if not report["passed"]:
                raise DemoFailed(_("el paquete no se puede comprobar: {report}", report=str(report)))
            step.say(
                plural(
                    "{n} comprobación; model-card.html e impact-assessment.html quedan en {folder}",
                    "{n} comprobaciones; model-card.html e impact-assessment.html quedan en {folder}",
                    len(report["checks"]),
                    folder=folder,
                )
            )

    def _evaluate_records(self, campaign: str) -> None:
        largest = self._entities[:3]
        with self._story.step(_("Se evalúa en los tres nodos mayores, con personas no usadas para entrenar")) as step:
            evaluated = at_once(lambda entity: self._evaluate(campaign, entity), largest, workers=2)
            aucs = (f"{name} {_figure(each['auc'])}" for name, each in zip(largest, evaluated, strict=True))
            step.say(listing(aucs))
        self._story.fact(
            _("El modelo distingue a quien puede necesitar apoyo mucho tiempo"),
            plural(
                "AUC media {auc}, con {n} persona",
                "AUC media {auc}, con {n} personas",
                sum(each["held_out"] for each in evaluated),
                auc=_figure(mean(each["auc"] for each in evaluated)),
            ),
        )

    def _risk_lists(self) -> None:
        as_of = ("--as-of", RECORDS_AS_OF)
        folder = self._output / "risk"
        folder.mkdir()
        largest = self._entities[:3]
        with self._story.step(_("Listas de riesgo, calculadas en los tres nodos mayores, con sus motivos")) as step:
            lists = at_once(self._risk_list, largest)
            for entity, document in zip(largest, lists, strict=True):
                (folder / f"{entity}.json").write_text(json.dumps(document, ensure_ascii=False, indent=2))
            people = sum(document["people"] for document in lists)
            step.say(plural("{n} persona puntuada donde consta", "{n} personas puntuadas donde constan", people))
        first = self._entities[0]
        self._story.show(self._programs.run(NODE, "risk", "list", "--top", "4", *as_of, *self._home(first)))
        self._story.fact(
            _("Las listas de riesgo no salen del nodo"),
            plural(
                "{n} persona puntuada en su nodo; cada línea dice por qué",
                "{n} personas puntuadas en su nodo; cada línea dice por qué",
                people,
            ),
        )

    def _risk_list(self, entity: str) -> dict[str, Any]:
        return self._programs.ask(NODE, "risk", "list", "--as-of", RECORDS_AS_OF, *self._home(entity))

    def _overspend(self, greedy: str) -> None:
        entity = self._entities[0]
        with self._story.step(_("Una campaña que pide más privacidad de la que queda")) as step:
            outcome = self._programs.attempt(NODE, "training", "approve", greedy, "--json", *self._home(entity))
            if outcome.code != 1:
                raise DemoFailed(
                    _("{outcome}\nel nodo debería haberse negado: no queda presupuesto", outcome=str(outcome))
                )
            said = outcome.error_sentence
            step.say(_("{entity} no puede aprobarla: {said}", entity=entity, said=said))
        self._story.fact(
            _("Cada nodo vigila su presupuesto de privacidad"), _("una campaña más, de ε 20: {said}", said=said)
        )

    def _public_table(self) -> None:
        table, schema = public_table()
        arguments = ("--source", "table", "--dataset", TABLE, "--schema", schema)
        campaign = Campaign("Tabla pública CPS", arguments, refusers=(REFUSER,))
        with self._story.step(_("Cada entidad registra su parte de la tabla")) as step, ThreadPoolExecutor(1) as beside:
            proposed = beside.submit(self._propose, campaign.name, EPSILON, *campaign.arguments)
            words = ("training", "register-table", TABLE, "--data", table, "--schema", schema)
            rows = at_once(
                lambda entity: self._programs.ask(NODE, *words, "--site", entity, *self._home(entity))["rows"],
                self._entities,
            )
            step.say(_("{most} filas en la mayor y {fewest} en la menor", most=max(rows), fewest=min(rows)))
        self._compare(self._campaign(campaign, proposed.result()), table, schema)

    def _compare(self, campaign: str, table: Path, schema: Path) -> None:
        members = [entity for entity in self._entities if entity != REFUSER]
        with self._story.step(
            _("Se evalúa en cada nodo, con filas no usadas para entrenar, y se compara: sin privacidad y por separado")
        ) as step:
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
                evaluated = at_once(lambda entity: self._evaluate(campaign, entity), members, workers=2)
                simulation = simulated.result()
            step.say(plural("{n} fila reservada", "{n} filas reservadas", sum(each["held_out"] for each in evaluated)))
        (self._output / "models" / "evaluation.json").write_text(
            json.dumps({"nodes": dict(zip(members, evaluated, strict=True)), "simulation": simulation}, indent=2)
        )
        network = mean(each["auc"] for each in evaluated)
        alone = mean(each["auc_alone"] for each in evaluated if each["auc_alone"] is not None)
        pooled = simulation["baselines"]["pooled_without_privacy"]["mean_per_site"]
        self._story.fact(
            _("Aprender juntas y en privado"),
            _(
                "AUC media de las entidades: {network} juntas con ε {epsilon}; {alone} cada una sola; {pooled} con "
                "todas las filas juntas y sin privacidad (nueve entidades, con otro reparto)",
                network=_figure(network),
                epsilon=_epsilon(EPSILON),
                alone=_figure(alone),
                pooled=_figure(pooled),
            ),
        )

    def _evaluate(self, campaign: str, entity: str) -> dict[str, Any]:
        return self._programs.ask(NODE, "training", "evaluate", campaign, *self._home(entity))

    def _home(self, entity: str) -> tuple[str, Path]:
        return ("--home", self._network.home(entity))

    def _coordinator(self) -> tuple[str, Path]:
        return ("--home", self._network.coordinator_home)


def _rounds(count: int) -> Message:
    return plural("{n} ronda", "{n} rondas", count)


def _epsilon(value: float | str) -> str:
    return formats.epsilon(value, current_language())


def _figure(value: float) -> str:
    return formats.number(value, current_language(), 3)
