"""Every table of the coordinator's database, whatever package it belongs to."""

from sqlalchemy import MetaData

from consent_ledger import witness_tables as witness
from coordinator import tables as network
from coordinator.training import tables as training
from federated import tables as federated


def all_metadata() -> list[MetaData]:
    """Return the metadata of each package with tables here."""
    return [network.Base.metadata, witness.Base.metadata, training.Base.metadata, federated.GridBase.metadata]
