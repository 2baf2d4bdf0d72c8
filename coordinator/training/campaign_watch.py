"""Following campaigns from a command, which shares only the database with the service that runs them."""

import time
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from coordinator.training import campaign_report as report
from coordinator.training.campaign_register import Campaign
from coordinator.wiring import Coordinator

LOOK_SECONDS: Final = 0.25


def watch_until_ended(coordinator: Coordinator, shown: Sequence[Campaign]) -> tuple[Campaign, ...]:
    """Show progress on standard error until every campaign has ended or waits for review; return them as they are."""
    current = {campaign.campaign_id: campaign for campaign in shown}
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[facts]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bars: dict[str, TaskID] = {
            campaign.campaign_id: progress.add_task(
                campaign.manifest.name, total=campaign.manifest.rounds, facts=_facts(campaign)
            )
            for campaign in shown
        }
        while True:
            for campaign_id, bar in bars.items():
                (current[campaign_id],) = report.campaigns(coordinator, campaign_id)
                campaign = current[campaign_id]
                progress.update(bar, completed=campaign.rounds_completed, facts=_facts(campaign))
            if all(report.is_over(campaign) for campaign in current.values()):
                return tuple(current.values())
            time.sleep(LOOK_SECONDS)


def _facts(campaign: Campaign) -> str:
    entities, left = len(report.cohort(campaign)), report.seconds_left(campaign)
    step = f" {campaign.checkpoint.step}" if campaign.checkpoint is not None and not report.is_over(campaign) else ""
    facts = [
        f"{campaign.state}{step}",
        f"{entities}/{len(campaign.manifest.invited)}",
        f"ε {report.epsilon_spent(campaign):.2f}/{campaign.manifest.epsilon:g}",
        *([f"~{left:.0f} s"] if left is not None else []),
    ]
    return "  ".join(facts)
