"""Every table of a node's database, whatever package it belongs to."""

from sqlalchemy import MetaData


def all_metadata() -> list[MetaData]:
    """Return the metadata of each package with tables here; of `federated`, all but the coordinator's tasks."""
    from consent_ledger import tables as ledger
    from federated import tables as federated
    from node.records import tables as records
    from node.training import tables as training
    from records_exchange import tables as exchange

    budgets = MetaData()
    for table in federated.Base.metadata.sorted_tables:
        if table.name != federated.GridTaskRow.__tablename__:
            table.to_metadata(budgets)
    return [ledger.Base.metadata, exchange.Base.metadata, records.Base.metadata, training.Base.metadata, budgets]
