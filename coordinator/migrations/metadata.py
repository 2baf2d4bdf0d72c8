"""Every table of the coordinator's database, whatever package it belongs to."""

from sqlalchemy import MetaData

from consent_ledger.witnessing import tables as witness
from coordinator import tables as network
from coordinator.locator import tables as locator
from coordinator.training import tables as training
from federated.storage import tables as federated
from records_exchange.key_holding import tables as key_holding


def all_metadata() -> list[MetaData]:
    """Return the metadata of each package with tables here."""
    bases = (network.Base, witness.Base, locator.Base, key_holding.Base, training.Base, federated.CoordinatorBase)
    return [base.metadata for base in bases]
