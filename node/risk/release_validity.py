"""Until when a released model may be used: people and services change, and a model that nobody renews misleads."""

from datetime import datetime

from federated.release.model_release import ModelRelease
from node.training.errors import ReleaseExpired
from presentation.messages import _


def require_current(release: ModelRelease, now: datetime) -> None:
    """Check that a release may still be used.

    Raises:
        ReleaseExpired: it may not.
    """
    if now >= release.expires:
        raise ReleaseExpired(
            _(
                "el modelo de la campaña {campaign_id} caducó el {expires}",
                campaign_id=release.campaign_id,
                expires=release.expires.date().isoformat(),
            ),
            remedy=_("pida una campaña nueva al coordinador; hasta entonces, decida sin lista"),
        )
