"""Every table of the coordinator's database, whatever package it belongs to."""

from sqlalchemy import MetaData


def all_metadata() -> list[MetaData]:
    """Return the metadata of each package with tables here; of `federated`, the tasks sent to nodes."""
    from coordinator import tables as network
    from coordinator.training import tables as training
    from federated.tables import GridTaskRow

    grid = MetaData()
    GridTaskRow.metadata.tables[GridTaskRow.__tablename__].to_metadata(grid)
    return [network.Base.metadata, training.Base.metadata, grid]
