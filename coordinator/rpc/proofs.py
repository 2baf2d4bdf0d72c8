"""The proof of a directory on the wire."""

from consent_ledger.directories.logged import LoggedDirectory
from protos.redpact.v1 import directory_pb2


def proof_to_wire(logged: LoggedDirectory) -> directory_pb2.DirectoryProof:
    """Return the protobuf form of what proves that a directory is in the log."""
    return directory_pb2.DirectoryProof(
        checkpoint=logged.checkpoint, inclusion=logged.inclusion, consistency=logged.consistency
    )
