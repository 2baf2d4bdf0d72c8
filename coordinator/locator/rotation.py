"""Rotation of the keys of pseudonyms: the next epoch and the directory that announces it, in one transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from coordinator.context import CoordinatorContext
from coordinator.locator.epochs import OpenEpochs
from coordinator.locator.holders import KeyHolders
from coordinator.registry import OpenRegistry
from trust.locator_terms import LocatorEpoch

DEFAULT_OVERLAP: Final = timedelta(days=14)


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


def change_holder(
    context: CoordinatorContext,
    open_registry: OpenRegistry,
    open_epochs: OpenEpochs,
    change: Callable[[KeyHolders, datetime], None],
    overlap: timedelta,
) -> LocatorEpoch:
    """Choose or dismiss a key holder, and begin the epoch in which that holds, all or nothing.

    Raises:
        KeyHolderUnknown, KeyOfferRefused: as `change` says.
        LocatorOverlapInvalid, LocatorRotationUnderWay: as `rotate`.
    """
    now = context.clock.now()
    with context.transaction() as session:
        epochs = open_epochs(session)
        change(epochs.holders, now)
        epoch = epochs.rotate(overlap, now)
        open_registry(session).publish(now)
    return epoch


def follow_holders(context: CoordinatorContext, open_registry: OpenRegistry, open_epochs: OpenEpochs) -> bool:
    """Begin the next epoch when a key holder has offered another key, and return whether that was so.

    While a rotation is under way it waits, so that no holder can begin one epoch after the other.
    """
    now = context.clock.now()
    with context.snapshot() as session:
        if not open_epochs(session).waits_for_rotation(now):
            return False
    rotate(context, open_registry, open_epochs, DEFAULT_OVERLAP)
    return True
