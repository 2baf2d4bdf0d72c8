"""Rotation of the locator's key: the next epoch and the directory that announces it, in one transaction."""

from datetime import timedelta

from coordinator.context import CoordinatorContext
from coordinator.locator.epochs import OpenEpochs
from coordinator.registry import OpenRegistry
from trust.locator_terms import LocatorEpoch


def rotate(
    context: CoordinatorContext, open_registry: OpenRegistry, open_epochs: OpenEpochs, overlap: timedelta
) -> LocatorEpoch:
    """Begin the next epoch and publish the directory with both; the one before ends after `overlap`.

    Raises:
        LocatorOverlapInvalid: an overlap out of bounds.
        LocatorRotationUnderWay: the last rotation has not ended.
    """
    now = context.clock.now()
    with context.transaction() as session:
        epoch = open_epochs(session).rotate(overlap, now)
        open_registry(session).publish(now)
    return epoch
