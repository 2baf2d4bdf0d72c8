"""Expiry of released models: people and services change, and a model that is not renewed misleads."""

from datetime import datetime

from federated.release.model_release import ModelRelease
from node.risk.errors import ReleaseExpired
from presentation.messages import _


def require_current(release: ModelRelease, now: datetime) -> None:
    """Check that a release has not expired.

    Raises:
        ReleaseExpired: it has.
    """
    if now >= release.expires:
        raise ReleaseExpired(
            _(
                "el modelo de la campaña {campaign_id} caducó el {expires}",
                campaign_id=release.campaign_id,
                expires=release.expires,
            ),
            remedy=_("pida una campaña nueva al coordinador; hasta entonces, decida sin lista"),
        )
