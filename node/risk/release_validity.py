"""Until when a released model may be used: people and services change, and a model that nobody renews misleads."""

from datetime import datetime

from federated.release.model_release import ModelRelease
from node.training.errors import ReleaseExpired


def require_current(release: ModelRelease, now: datetime) -> None:
    """Check that a release may still be used.

    Raises:
        ReleaseExpired: it may not.
    """
    if now >= release.expires:
        raise ReleaseExpired(
            f"the model of campaign {release.campaign_id} expired on {release.expires.date().isoformat()}",
            remedy="ask the coordinator for a new campaign; until then decide without a list",
        )
