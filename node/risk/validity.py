"""Until when a released model may be used: people and services change, and a model that nobody renews misleads."""

from datetime import datetime

from federated.release import ModelRelease
from node.training.errors import ReleaseExpired


def expiry_of(release: ModelRelease) -> datetime:
    """Return when a release stops being used: its own date, or a year after it was released where it states none."""
    stated = getattr(release, "expires", None)  # releases made before they had a date have none
    return stated if isinstance(stated, datetime) else a_year_after(release.released)


def a_year_after(moment: datetime) -> datetime:
    """Return the same day twelve months later, 28 February for the 29th."""
    try:
        return moment.replace(year=moment.year + 1)
    except ValueError:
        return moment.replace(year=moment.year + 1, day=28)


def require_current(release: ModelRelease, now: datetime) -> None:
    """Check that a release may still be used.

    Raises:
        ReleaseExpired: it may not.
    """
    expires = expiry_of(release)
    if now >= expires:
        raise ReleaseExpired(
            f"the model of campaign {release.campaign_id} expired on {expires.date().isoformat()}",
            remedy="ask the coordinator for a new campaign; until then decide without a list",
        )
