"""``redpact-coordinator training start``."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from coordinator.cli.options import HomeOption, JsonOption, LangOption, emit, open_coordinator


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(start)


def start(
    *,
    home: HomeOption,
    name: Annotated[str, typer.Option(help="Name of the campaign, as entities will see it.")],
    source: Annotated[str, typer.Option(help="records: the entities' own records; table: a registered table.")],
    epsilon: Annotated[float, typer.Option(help="What a person spends at most in this campaign.")],
    minimum_cohort: Annotated[int, typer.Option(help="Fewest entities that must take part.")],
    delta: Annotated[float, typer.Option(help="Chance that the bound does not hold.")] = 1e-5,
    model: Annotated[str, typer.Option(help="auto, additive, logistic or neural.")] = "auto",
    people: Annotated[int, typer.Option(min=1, help="About how many people, by published figures.")] = 5000,
    rate: Annotated[float, typer.Option(help="About which share has the outcome, by published figures.")] = 0.3,
    capacity: Annotated[float, typer.Option(help="Share of people whom the service can attend.")] = 0.2,
    colluders: Annotated[int, typer.Option(min=0, help="Entities that may give away their own noise.")] = 0,
    people_cap: Annotated[int, typer.Option(min=1, help="People in more entities than this are left out.")] = 3,
    rising: Annotated[list[str] | None, typer.Option(help="Feature that may only raise the score; repeat.")] = None,
    falling: Annotated[list[str] | None, typer.Option(help="Feature that may only lower it; repeat.")] = None,
    schema: Annotated[Path | None, typer.Option(help="Schema (YAML) of the table; only for tables.")] = None,
    dataset: Annotated[str, typer.Option(help="Name under which entities registered the table.")] = "",
    deadline: Annotated[str, typer.Option(help="How long entities may take to decide: 45m, 12h, 7d.")] = "14d",
    ends: Annotated[str, typer.Option(help="How long after that contributions may leave: 12h, 7d.")] = "7d",
    invite: Annotated[list[str] | None, typer.Option(help="Entity to invite; repeat. All if none.")] = None,
    review: Annotated[bool, typer.Option("--review", help="Hold the model until somebody publishes it.")] = False,
    lang: LangOption = "es",
    as_json: JsonOption = False,
) -> None:
    """Propose a training campaign: sign its manifest and offer it to the entities, who approve or refuse it."""
    from coordinator.training import campaign_report as report
    from coordinator.training.campaign_proposal_command import Source, propose
    from coordinator.training.proposal import Proposal, PublicFigures, checked_source, parse_duration

    times = parse_duration(deadline), parse_duration(ends)
    figures = PublicFigures(people, rate, capacity)
    curves: dict[str, Literal[-1, 1]] = {**dict.fromkeys(rising or (), 1), **dict.fromkeys(falling or (), -1)}
    proposal = Proposal(
        name, epsilon, delta, minimum_cohort, *times, model, figures, colluders, people_cap, curves, tuple(invite or ())
    )
    asked = Source(checked_source(source), schema, dataset)
    campaign = propose(open_coordinator(home), proposal, asked, review=review)
    emit(report.document(campaign), report.text([campaign], lang), as_json=as_json)
