"""Progress bars of campaigns in a command, which shares only the database with the service that runs them."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from coordinator.training import campaign_report as report
from coordinator.training.campaign_register import Campaign
from coordinator.training.campaign_states import STATE_NAMES
from presentation import formats
from presentation.harmless import harmless_line
from presentation.messages import speaking

POLL_SECONDS: Final = 0.25


def show_until_over(read: Callable[[str], Campaign], shown: Sequence[Campaign], lang: str) -> tuple[Campaign, ...]:
    """Show progress on standard error until the rounds of every campaign are over; return the campaigns then.

    Args:
        read: returns a campaign as it is now, by its id.
        shown: the campaigns.
        lang: language of the progress.
    """
    current = {campaign.campaign_id: campaign for campaign in shown}
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[facts]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bars: dict[str, TaskID] = {
            campaign.campaign_id: progress.add_task(
                harmless_line(campaign.manifest.name), total=campaign.manifest.rounds, facts=_facts(campaign, lang)
            )
            for campaign in shown
        }
        while True:
            for campaign_id, bar in bars.items():
                campaign = current[campaign_id] = read(campaign_id)
                progress.update(bar, completed=campaign.rounds_completed, facts=_facts(campaign, lang))
            if all(report.is_over(campaign) for campaign in current.values()):
                return tuple(current.values())
            time.sleep(POLL_SECONDS)


def _facts(campaign: Campaign, lang: str) -> str:
    say = speaking(lang)
    facts = [
        say(STATE_NAMES[campaign.state]),
        say(
            "{n} de {invited} entidades",
            n=len(report.cohort(campaign)),
            invited=len(campaign.manifest.invited),
        ),
        say(
            "ε {spent} de {limit}",
            spent=formats.epsilon(report.epsilon_spent(campaign), lang),
            limit=formats.epsilon(campaign.manifest.epsilon, lang),
        ),
    ]
    left = report.seconds_left(campaign)
    if left is not None:
        facts.append(say("quedan unos {duration}", duration=formats.duration(left, lang)))
    return "  ".join(facts)
