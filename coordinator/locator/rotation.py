"""Rotation of the locator's key: the next epoch and the directory that announces it, in one transaction."""

from datetime import timedelta

from coordinator.wiring import Coordinator
from trust.locator_terms import LocatorEpoch


def rotate(coordinator: Coordinator, overlap: timedelta) -> LocatorEpoch:
    """Begin the next epoch and publish the directory with both; the one before ends after `overlap`.

    Raises:
        LocatorOverlapInvalid: an overlap out of bounds.
        LocatorRotationUnderWay: the last rotation has not ended.
    """
    now = coordinator.clock.now()
    with coordinator.transaction() as session:
        epoch = coordinator.locator_epochs(session).rotate(overlap, now)
        coordinator.registry(session).publish(now)
    return epoch
