"""The log of a test coordinator's directories: signs checkpoints, and gives the proofs that nodes ask for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Self

from consent_ledger.directories.anchors import Anchor, AnchorPolicy
from consent_ledger.directories.logged import LoggedDirectory, directory_leaf, payload_digest
from consent_ledger.proofs.checkpoint import Checkpoint, sign_checkpoint
from consent_ledger.proofs.cosignature import CosignatureSigner, with_cosignatures
from consent_ledger.proofs.hash_tree import HashTree
from consent_ledger.proofs.note import NoteSignature, NoteSigner
from node.context import NodeContext
from node.directory_cache import DirectoryCache
from node.pinned_anchors import replace_anchors
from protos.redpact.v1 import network_pb2
from protos.redpact.v1.directory_pb2 import DirectoryProof
from service.wire import to_wire
from trust.directory import Directory, seal_directory
from trust.parties import directory_origin, witness_name
from trust.signing import Ed25519Signer, Envelope


class DirectoryLog:
    """The log of a coordinator, honest or not.

    Attributes:
        anchors: entities that cosign every checkpoint, with their witness keys.
    """

    def __init__(self, network: str, signer: Ed25519Signer) -> None:
        self.network = network
        self.signer = signer
        self.anchors: dict[str, Ed25519Signer] = {}
        self.tree = HashTree()
        self._leaves: list[bytes] = []

    def fork(self) -> Self:
        """Return a second log that begins with the entries of this one."""
        other = type(self)(self.network, self.signer)
        other.anchors = dict(self.anchors)
        for leaf in self._leaves:
            other.append(leaf)
        return other

    def sign(self, directory: Directory) -> Envelope:
        """Sign a directory without putting it in the log."""
        return seal_directory(directory, self.signer)

    def add(self, directory: Directory, now: datetime | None = None) -> LoggedDirectory:
        """Sign a directory, put it in the log under its serial, and return it with its proofs.

        Serials that were skipped are filled with entries of nothing.
        """
        return self.add_signed(self.sign(directory), directory.serial, now or directory.issued)

    def add_signed(self, envelope: Envelope, serial: int, now: datetime) -> LoggedDirectory:
        """Put signed bytes in the log, whatever they are."""
        while self.tree.size < serial - 1:
            self.append(directory_leaf(self.tree.size + 1, bytes(32)))
        if self.tree.size < serial:
            self.append(directory_leaf(serial, payload_digest(envelope)))
        return LoggedDirectory(envelope, self.head(serial, now), self.tree.inclusion(serial - 1, serial))

    def head(self, size: int, now: datetime) -> bytes:
        """Return the signed checkpoint of a size, cosigned by the anchors."""
        checkpoint = Checkpoint(directory_origin(self.network), size, self.tree.root(size))
        note = sign_checkpoint(checkpoint, NoteSigner(checkpoint.origin, self.signer))
        return with_cosignatures(note, self._cosignatures(checkpoint.text(), now))

    def give(self, cache: DirectoryCache, logged: LoggedDirectory, now: datetime) -> Directory:
        """Give a logged directory to a node, with the proof from what the node knows."""
        return cache.accept(self.since(logged, cache.size()), now)

    def since(self, logged: LoggedDirectory, known: int) -> LoggedDirectory:
        """Return a logged directory with the proof that its log extends the one of a size, where there is one."""
        size = int(logged.checkpoint.split(b"\n")[1])
        proof = self.tree.consistency(known, size) if known <= size else ()
        return LoggedDirectory(logged.envelope, logged.checkpoint, logged.inclusion, proof, known)

    def append(self, leaf: bytes) -> None:
        """Put a leaf hash at the end."""
        self._leaves.append(leaf)
        self.tree.append(leaf)

    def _cosignatures(self, text: str, now: datetime) -> list[NoteSignature]:
        return [
            CosignatureSigner(witness_name(self.network, entity), key).cosign(text, now)
            for entity, key in self.anchors.items()
        ]


def pin(context: NodeContext, anchors: Mapping[str, Ed25519Signer], quorum: int) -> None:
    """Pin anchors at a node, without the words and the ledger entry of the use case."""
    network = context.settings.network
    pinned = tuple(
        Anchor(entity, CosignatureSigner(witness_name(network, entity), key).vkey) for entity, key in anchors.items()
    )
    with context.transaction() as session:
        replace_anchors(session, context.keys.cipher, AnchorPolicy(pinned, quorum), context.clock.now())


def directory_reply(logged: LoggedDirectory) -> network_pb2.GetDirectoryReply:
    """Return what a coordinator answers with a directory."""
    proof = DirectoryProof(checkpoint=logged.checkpoint, inclusion=logged.inclusion, consistency=logged.consistency)
    return network_pb2.GetDirectoryReply(directory=to_wire(logged.envelope), proof=proof)
